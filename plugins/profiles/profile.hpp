// Profile: what is known of one user; the payload of every action of the profiles service.
#pragma once

#include <runar/plugin.hpp>

namespace profiles {

struct Profile {
  std::string name;
  std::optional<std::string> email;
  std::map<std::string, std::string> attributes;
  RUNAR_FIELDS(name, email, attributes)
  RUNAR_OPTIONAL(attributes)
};

// The event that tells of a change.
struct Changed {
  std::string user_id;
  bool removed = false;
  RUNAR_FIELDS(user_id, removed)
};

}  // namespace profiles
