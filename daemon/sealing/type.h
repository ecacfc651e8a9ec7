// Type: what a declared type's schema says about private fields: where they are, and which labels
// they have.
//
// Values, immutable once made; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/bytes.h"

namespace runard::sealing {

using LabelSet = std::vector<std::string>;  // ascending, each once

// One place of a value. Shapes without anything private in them are not kept.
struct Shape {
  static constexpr std::uint32_t kClear = UINT32_MAX;

  // The whole value here is private: a place in Type::label_sets.
  std::uint32_t labels = kClear;
  std::map<std::string, std::unique_ptr<Shape>, std::less<>> members;  // of a map, by key
  std::unique_ptr<Shape> others;  // of each value of a map whose key is not in `members`
  std::unique_ptr<Shape> items;   // of each value of a list
  // The schema has alternatives without anything private: the value may be something else.
  bool may_differ = false;

  bool is_private() const { return labels != kClear; }
  bool has_private() const {
    return is_private() || !members.empty() || others != nullptr || items != nullptr;
  }
};

struct Type {
  std::uint64_t id = 0;
  std::string name;
  std::vector<LabelSet> label_sets;
  std::vector<core::Bytes> redacted;  // what stands in a value's place, by label set: CBOR
  std::string owner;                  // the member that names whose data it is; empty: none does
  Shape root;
};

}  // namespace runard::sealing
