#include "ctl/key_age.h"

#include <fmt/format.h>

#include <boost/json.hpp>

namespace runard::ctl {

std::string age_advice(const boost::json::array& versions, const std::string& network,
                       core::WallTime now) {
  if (versions.empty() || versions.back().at("state") != "active") {
    return "";
  }
  const std::chrono::milliseconds since(
      versions.back().at("activates_ms").to_number<std::int64_t>());
  const core::Duration age = now - core::WallTime(since);
  if (age < kLongInUse) {
    return "";
  }
  return fmt::format(
      "The key is in use for {} days. An issuer makes a new one by itself; without one it is made "
      "where the CA is: runarctl network rotate-key {} --out FILE",
      std::chrono::floor<std::chrono::days>(age).count(), network);
}

}  // namespace runard::ctl
