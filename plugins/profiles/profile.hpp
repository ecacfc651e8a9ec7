// Profile: what is known of one user; the payload of every action of the profiles service.
#pragma once

#include <runar/plugin.hpp>

namespace profiles {

struct Profile {
  std::string name;
  std::optional<std::string> email;
  std::map<std::string, std::string> attributes;
  // Whose data it is: a profile id. Without one nobody who asks is the owner.
  std::optional<std::string> owner;
  runar::Private<std::string, "user"> birthday;  // for the owner only
  runar::Private<std::string, "system"> phone;   // for the network's members, too
  RUNAR_FIELDS(name, email, attributes, owner, birthday, phone)
  RUNAR_OPTIONAL(attributes)
  RUNAR_OWNER(owner)
};

// The event that tells of a change.
struct Changed {
  std::string user_id;
  bool removed = false;
  RUNAR_FIELDS(user_id, removed)
};

}  // namespace profiles
