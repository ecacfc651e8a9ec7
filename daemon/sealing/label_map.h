// LabelMap: which labels there are, and who may read the fields that have them (YAML:
// encryption.labels). Immutable; a reload makes another one, with another generation.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace runard::sealing {

inline constexpr char kCaller[] = "caller";  // the verified profile that a request is made for
inline constexpr char kOwner[] = "owner";    // the profile whose data it is

struct Label {
  bool network = false;               // the members of the network that the message is in
  std::vector<std::string> networks;  // the members of these, by name
  std::vector<std::string> profiles;  // kCaller, kOwner or an id
};

class LabelMap {
 public:
  LabelMap() = default;
  LabelMap(std::map<std::string, Label> labels, std::uint64_t generation)
      : labels_(labels.begin(), labels.end()), generation_(generation) {}

  // Null: there is no such label.
  const Label* find(std::string_view label) const {
    const auto at = labels_.find(label);
    return at == labels_.end() ? nullptr : &at->second;
  }
  const std::map<std::string, Label, std::less<>>& all() const { return labels_; }
  std::uint64_t generation() const { return generation_; }

 private:
  std::map<std::string, Label, std::less<>> labels_;
  std::uint64_t generation_ = 0;
};

}  // namespace runard::sealing
