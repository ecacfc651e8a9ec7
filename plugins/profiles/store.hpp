// Store: profiles by user id, in memory and, where there is a folder, in one file each.
//
// A file is written beside its place, flushed and moved there, so that a crash leaves the old or
// the new profile. The name of a file is the user id as hex, so that any id is a safe name. What
// was read at start and is no profile is kept aside under another name and reported; what can't be
// read fails the start, and stays where it is. Threading: one thread at a time. Errors:
// runar::Error.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "profile.hpp"

namespace profiles {

class Store {
 public:
  static constexpr std::size_t kMaxProfiles = 100'000;
  static constexpr std::size_t kMaxIdBytes = 100;  // its hex form must fit a file name

  // Without a folder the profiles live in memory only. Gives the files that hold no profile.
  std::vector<std::string> open(const std::string& folder);

  const Profile* find(std::string_view user_id) const;
  void put(const std::string& user_id, Profile profile);  // on the disk first, then in memory
  bool remove(const std::string& user_id);                // false: there was none
  std::size_t size() const { return profiles_.size(); }

 private:
  std::filesystem::path file_of(std::string_view user_id) const;

  std::filesystem::path folder_;
  std::map<std::string, Profile, std::less<>> profiles_;
};

}  // namespace profiles
