#include "ctl/acknowledged.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <vector>

namespace runard::ctl {
namespace {

namespace json = boost::json;
using core::Errc;
using core::fail;

std::uint64_t number_at(const json::value& from, std::string_view pointer) {
  boost::system::error_code error;
  const json::value* found = from.find_pointer(pointer, error);
  return found == nullptr || !found->is_number() ? 0 : found->to_number<std::uint64_t>(error);
}

std::string text_of(const json::object& from, std::string_view key) {
  const json::value* found = from.if_contains(key);
  return found != nullptr && found->is_string() ? std::string(std::string_view(found->get_string()))
                                                : "";
}

struct Status {
  json::value whole;
  std::vector<json::object> linked;  // the peers that are
};

core::Result<Status> parse_status(std::string_view text) {
  boost::system::error_code error;
  Status status{json::parse(text, error), {}};
  const json::value* peers = error ? nullptr : status.whole.find_pointer("/mesh/peers", error);
  if (error || peers == nullptr || !peers->is_array()) {
    return fail(Errc::kInvalidArgument, "the file is not what 'runarctl -o json status' prints");
  }
  for (const json::value& peer : peers->get_array()) {
    const json::object* row = peer.if_object();
    const json::value* linked = row == nullptr ? nullptr : row->if_contains("linked");
    if (linked != nullptr && linked->is_bool() && linked->get_bool()) {
      status.linked.push_back(*row);
    }
  }
  return status;
}

// As the CA's record has it: without the fraction.
void show(identity::ShownCertificates& shown, const std::string& node, const std::string& until) {
  const auto id = core::NodeId::parse(node);
  if (id && !until.empty()) {
    shown[*id] = until.substr(0, until.find('.')) + "Z";
  }
}

}  // namespace

core::Result<void> all_acknowledge(std::string_view text, std::uint64_t generation) {
  const auto status = parse_status(text);
  if (!status) {
    return status.error();
  }
  std::vector<std::string> late;
  if (number_at(status->whole, "/trust/generation") < generation) {
    late.emplace_back("the node itself");
  }
  for (const json::object& peer : status->linked) {
    if (number_at(peer, "/trust") < generation) {
      const std::string name = text_of(peer, "name");
      late.push_back(name.empty() ? text_of(peer, "node") : name);
    }
  }
  return late.empty()
             ? core::Result<void>()
             : fail(Errc::kConflict,
                    fmt::format("{} of {} nodes do not trust the next root yet, {} for one",
                                late.size(), status->linked.size() + 1, late.front()));
}

core::Result<identity::ShownCertificates> certificates_shown(std::string_view text) {
  const auto status = parse_status(text);
  if (!status) {
    return status.error();
  }
  identity::ShownCertificates shown;
  boost::system::error_code ignored;
  const json::value* self = status->whole.find_pointer("/node", ignored);
  const json::value* mesh = status->whole.find_pointer("/mesh", ignored);
  if (self != nullptr && self->is_object() && mesh->is_object()) {
    show(shown, text_of(self->get_object(), "id"),
         text_of(mesh->get_object(), "certificate_until"));
  }
  for (const json::object& peer : status->linked) {
    show(shown, text_of(peer, "node"), text_of(peer, "certificate_until"));
  }
  return shown;
}

}  // namespace runard::ctl
