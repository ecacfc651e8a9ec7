#include "node/private_fields.h"

namespace runard::node {

sealing::LabelMap label_map(const config::Encryption& encryption, std::uint64_t generation) {
  std::map<std::string, sealing::Label> labels{
      {"user", {false, {}, {sealing::kCaller}}},
      {"system", {true, {}, {sealing::kCaller}}},
      {"system_only", {true, {}, {}}},
      {"search", {true, {}, {sealing::kCaller}}},
  };
  for (const auto& [name, label] : encryption.labels) {
    labels[name] = {label.network, label.networks, label.profiles};
  }
  return {std::move(labels), generation};
}

}  // namespace runard::node
