// Tree: a YAML document as nodes with their places. The only door to yaml-cpp.
//
// Nodes are immutable and shared: an alias is the same node once more, so a walk may see one node
// often. Marks count columns in bytes; column_in_characters() turns them into what people see.
// What a walk can see in all is bounded (kMaxExpandedBytes, kMaxDepth), which disarms alias
// bombs and recursion.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/text_guard.h"

namespace runard::config {

inline constexpr std::size_t kMaxExpandedBytes = 4 * kMaxFileBytes;

struct Tree;
using TreePtr = std::shared_ptr<const Tree>;

struct Entry {
  std::string key;
  Mark mark;
  TreePtr value;
};

struct Tree {
  enum class Kind : std::uint8_t { kScalar, kList, kMapping };
  Kind kind = Kind::kScalar;
  Mark mark;
  std::string text;            // kScalar: "" without quotes is YAML's null
  bool quoted = false;         // kScalar: written in quotes or as a block, so always a string
  std::vector<TreePtr> items;  // kList
  std::vector<Entry> entries;  // kMapping, in the order of the file; keys may repeat
  std::size_t weight = 0;      // bytes of this node and all below, aliases followed
  std::size_t height = 0;      // levels below

  // The first entry of that key, or null.
  const Entry* find(std::string_view key) const;
  bool is_null() const;
};

// "a mapping", "a list", "a value": what stands there, for people.
std::string_view kind_text(const Tree& tree);

struct ParsedTree {
  TreePtr root;  // a mapping, or null when a fault ended the work
  std::vector<Fault> faults;
};

// Never throws: the library's exceptions end here.
ParsedTree parse_tree(std::string_view text);

}  // namespace runard::config
