#include "node/private_fields.h"

#include <cstring>

#include "crypto/digest.h"

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

core::Result<std::uint64_t> PrivateFields::type_of(const std::string& schema) {
  const crypto::Sha256 hash = crypto::sha256(core::as_bytes(schema));
  std::uint64_t id = 0;
  std::memcpy(&id, hash.data(), sizeof id);
  id |= 1;  // 0 is no type
  if (auto declared = types_.declare(id, "action input", schema, *labels()); !declared) {
    return declared.error();
  }
  return id;
}

core::Result<PrivateFields::Labels> PrivateFields::next_labels(
    const config::Encryption& encryption) const {
  auto next =
      std::make_shared<const sealing::LabelMap>(label_map(encryption, labels()->generation() + 1));
  for (const auto& type : types_.all()) {
    for (const sealing::LabelSet& set : type->label_sets) {
      for (const std::string& label : set) {
        if (next->find(label) == nullptr) {
          return core::fail(core::Errc::kConfigInvalid, "encryption.labels: the type " +
                                                            type->name + " has the label \"" +
                                                            label + "\", which would be gone");
        }
      }
    }
  }
  return Labels(std::move(next));
}

}  // namespace runard::node
