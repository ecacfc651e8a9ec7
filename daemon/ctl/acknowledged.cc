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

}  // namespace

core::Result<void> all_acknowledge(std::string_view status, std::uint64_t generation) {
  boost::system::error_code error;
  const json::value parsed = json::parse(status, error);
  const json::value* peers = error ? nullptr : parsed.find_pointer("/mesh/peers", error);
  if (error || peers == nullptr || !peers->is_array()) {
    return fail(Errc::kInvalidArgument, "the file is not what 'runarctl -o json status' prints");
  }
  std::vector<std::string> late;
  if (number_at(parsed, "/trust/generation") < generation) {
    late.emplace_back("the node itself");
  }
  for (const json::value& peer : peers->get_array()) {
    const json::object* row = peer.if_object();
    const json::value* linked = row == nullptr ? nullptr : row->if_contains("linked");
    if (linked == nullptr || !linked->is_bool() || !linked->get_bool()) {
      continue;
    }
    if (number_at(peer, "/trust") < generation) {
      const std::string name = text_of(*row, "name");
      late.push_back(name.empty() ? text_of(*row, "node") : name);
    }
  }
  return late.empty()
             ? core::Result<void>()
             : fail(Errc::kConflict,
                    fmt::format("{} of {} nodes do not trust the next root yet, {} for one",
                                late.size(), peers->get_array().size() + 1, late.front()));
}

}  // namespace runard::ctl
