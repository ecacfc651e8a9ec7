// RouteIndex: the part of RouteTrie that knows nothing of values: from patterns to numbered leaves.
//
// Shape: patterns without wildcards lie in one hash table, all others in a trie whose nodes are
// numbered entries of one array (root -> network -> segments) and whose literal edges lie in a
// second hash table; {name}, '*' and '>' are fields of a node. Patterns that differ in nothing but
// names have one leaf. Nodes without use are pruned and reused.
//
// Work of a look-up: a node is visited when the path fits the kinds and literals above it, so for
// each prefix of kinds at most one node of a depth: at most (distinct forms) x kMaxSegments visits,
// whatever else is stored. A form is the sequence of kinds of a pattern; their number is limited.
//
// Threading and sharing: as CowPages.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "routing/cow_pages.h"
#include "routing/id_table.h"
#include "routing/path_hash.h"
#include "routing/topic_pattern.h"

namespace runard::routing {

using LeafId = std::uint32_t;  // 0: none

class RouteIndex {
 public:
  // `seed` is the hash's key: random in the daemon. At most `max_forms` forms with wildcards.
  RouteIndex(std::uint64_t seed, std::uint32_t max_forms);
  RouteIndex share();

  LeafId find(const TopicPattern& pattern) const;
  // The leaf of the pattern, new if need be. kOverloaded when it would be one form too many.
  core::Result<LeafId> add(const TopicPattern& pattern);
  // There must be a leaf. Its payload goes too.
  void remove(const TopicPattern& pattern);

  const std::shared_ptr<const void>& payload(LeafId leaf) const { return leaves_[leaf].payload; }
  void set_payload(LeafId leaf, std::shared_ptr<const void> payload) {
    leaves_.edit(leaf).payload = std::move(payload);
  }
  // Leaves are numbered below this; free ones have no payload.
  LeafId leaf_end() const { return leaves_.size(); }
  // Trie nodes in use (not those of exact patterns).
  std::uint32_t node_count() const { return node_count_; }

 private:
  friend class RouteCursor;
  using NodeId = std::uint32_t;  // 0: none
  static constexpr NodeId kRoot = 1;

  struct Node {
    NodeId parent = 0;  // of a free node: the next free one
    NodeId param = 0;
    NodeId one = 0;
    LeafId here = 0;                             // of the pattern that ends in this node
    LeafId rest = 0;                             // of the one that goes on with '>'
    std::uint32_t literals = 0;                  // how many literal children there are
    std::shared_ptr<const std::string> segment;  // null: a '*' or {name} child
  };
  struct Leaf {
    std::shared_ptr<const void> payload;
    std::shared_ptr<const std::string> text;  // of an exact pattern: "network:path"
    LeafId next_free = 0;
  };
  struct Form {
    std::uint64_t kinds;  // two bits a segment
    std::uint32_t length;
    std::uint32_t uses;
  };

  std::uint64_t exact_hash(std::string_view network, std::string_view path) const;
  static std::uint64_t edge_hash(NodeId parent, std::uint64_t segment_hash);
  LeafId find_exact(std::string_view network, std::string_view path) const;
  NodeId literal_child(NodeId parent, std::string_view segment, std::uint64_t hash) const;
  NodeId child(NodeId parent, SegmentKind kind, std::string_view segment) const;
  NodeId make_child(NodeId parent, SegmentKind kind, std::string_view segment);
  NodeId last_node(const TopicPattern& pattern) const;
  LeafId add_wild(const TopicPattern& pattern);
  void prune(NodeId node);
  NodeId new_node();
  LeafId new_leaf();
  void free_leaf(LeafId leaf);
  static Form form_of(const TopicPattern& pattern);
  // The place where the form is or belongs.
  std::vector<Form>::iterator form_place(const Form& form);
  bool use_form(const TopicPattern& pattern);
  void drop_form(const TopicPattern& pattern);

  PathHash hash_;
  std::uint32_t max_forms_;
  CowPages<Node> nodes_;
  CowPages<Leaf> leaves_;
  IdTable edges_;
  IdTable exact_;
  std::vector<Form> forms_;  // sorted
  NodeId free_node_ = 0;
  LeafId free_leaf_ = 0;
  std::uint32_t node_count_ = 0;
};

}  // namespace runard::routing
