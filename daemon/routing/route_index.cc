#include "routing/route_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "core/check.h"

namespace runard::routing {

RouteIndex::RouteIndex(std::uint64_t seed, std::uint32_t max_forms)
    : hash_(seed, seed * 0x9e3779b97f4a7c15ULL + 1), max_forms_(max_forms) {}

RouteIndex RouteIndex::share() {
  RouteIndex copy(0, max_forms_);
  copy.hash_ = hash_;
  copy.nodes_ = nodes_.share();
  copy.leaves_ = leaves_.share();
  copy.edges_ = edges_.share();
  copy.exact_ = exact_.share();
  copy.forms_ = forms_;
  copy.free_node_ = free_node_;
  copy.free_leaf_ = free_leaf_;
  copy.node_count_ = node_count_;
  return copy;
}

std::uint64_t RouteIndex::exact_hash(std::string_view network, std::string_view path) const {
  return hash_(path, network);
}

std::uint64_t RouteIndex::edge_hash(NodeId parent, std::uint64_t segment_hash) {
  const std::uint64_t mixed =
      (segment_hash ^ (parent * 0x9e3779b97f4a7c15ULL)) * 0xbf58476d1ce4e5b9ULL;
  return mixed ^ (mixed >> 32);
}

LeafId RouteIndex::find_exact(std::string_view network, std::string_view path) const {
  return exact_.find(exact_hash(network, path), [&](LeafId leaf) {
    const std::string_view text = *leaves_[leaf].text;
    return text.size() == network.size() + 1 + path.size() && text[network.size()] == ':' &&
           text.ends_with(path) && text.starts_with(network);
  });
}

RouteIndex::NodeId RouteIndex::literal_child(NodeId parent, std::string_view segment,
                                             std::uint64_t hash) const {
  return edges_.find(edge_hash(parent, hash), [&](NodeId id) {
    const Node& node = nodes_[id];
    return node.parent == parent && *node.segment == segment;
  });
}

RouteIndex::NodeId RouteIndex::child(NodeId parent, SegmentKind kind,
                                     std::string_view segment) const {
  switch (kind) {
    case SegmentKind::kLiteral:
      return literal_child(parent, segment, hash_(segment));
    case SegmentKind::kParam:
      return nodes_[parent].param;
    default:
      return nodes_[parent].one;
  }
}

RouteIndex::NodeId RouteIndex::make_child(NodeId parent, SegmentKind kind,
                                          std::string_view segment) {
  if (const NodeId there = child(parent, kind, segment)) {
    return there;
  }
  const NodeId made = new_node();
  nodes_.edit(made).parent = parent;
  Node& above = nodes_.edit(parent);
  switch (kind) {
    case SegmentKind::kLiteral:
      ++above.literals;
      nodes_.edit(made).segment = std::make_shared<const std::string>(segment);
      edges_.insert(edge_hash(parent, hash_(segment)), made);
      break;
    case SegmentKind::kParam:
      above.param = made;
      break;
    default:
      above.one = made;
  }
  return made;
}

// The node that a pattern with wildcards ends in, or where its '>' is; 0 if it is not there.
RouteIndex::NodeId RouteIndex::last_node(const TopicPattern& pattern) const {
  if (nodes_.size() == 0) {
    return 0;
  }
  NodeId node = child(kRoot, SegmentKind::kLiteral, pattern.network());
  for (const std::string_view segment : pattern.segments()) {
    const SegmentKind kind = kind_of(segment);
    if (node == 0 || kind == SegmentKind::kRest) {
      break;
    }
    node = child(node, kind, segment);
  }
  return node;
}

LeafId RouteIndex::find(const TopicPattern& pattern) const {
  if (pattern.is_literal()) {
    return find_exact(pattern.network(), pattern.pattern());
  }
  const NodeId node = last_node(pattern);
  if (node == 0) {
    return 0;
  }
  return pattern.text().back() == '>' ? nodes_[node].rest : nodes_[node].here;
}

core::Result<LeafId> RouteIndex::add(const TopicPattern& pattern) {
  if (const LeafId there = find(pattern)) {
    return there;
  }
  if (pattern.is_literal()) {
    const LeafId leaf = new_leaf();
    leaves_.edit(leaf).text = std::make_shared<const std::string>(pattern.text());
    exact_.insert(exact_hash(pattern.network(), pattern.pattern()), leaf);
    return leaf;
  }
  if (!use_form(pattern)) {
    return core::fail(core::Errc::kOverloaded,
                      fmt::format("{}: patterns of more than {} forms", pattern.text(), max_forms_),
                      core::Executed::kNo);
  }
  return add_wild(pattern);
}

LeafId RouteIndex::add_wild(const TopicPattern& pattern) {
  if (nodes_.size() == 0) {
    nodes_.grow(kRoot + 1);
  }
  const LeafId leaf = new_leaf();
  NodeId node = make_child(kRoot, SegmentKind::kLiteral, pattern.network());
  for (const std::string_view segment : pattern.segments()) {
    const SegmentKind kind = kind_of(segment);
    if (kind == SegmentKind::kRest) {
      return nodes_.edit(node).rest = leaf;
    }
    node = make_child(node, kind, segment);
  }
  return nodes_.edit(node).here = leaf;
}

void RouteIndex::remove(const TopicPattern& pattern) {
  const LeafId leaf = find(pattern);
  RUNARD_CHECK(leaf != 0);
  if (pattern.is_literal()) {
    exact_.erase(exact_hash(pattern.network(), pattern.pattern()), leaf);
  } else {
    const NodeId node = last_node(pattern);
    (pattern.text().back() == '>' ? nodes_.edit(node).rest : nodes_.edit(node).here) = 0;
    prune(node);
    drop_form(pattern);
  }
  free_leaf(leaf);
}

void RouteIndex::prune(NodeId node) {
  while (node != kRoot) {
    const Node& gone = nodes_[node];
    if (gone.here != 0 || gone.rest != 0 || gone.param != 0 || gone.one != 0 ||
        gone.literals != 0) {
      return;
    }
    const NodeId parent = gone.parent;
    if (gone.segment != nullptr) {
      edges_.erase(edge_hash(parent, hash_(*gone.segment)), node);
      --nodes_.edit(parent).literals;
    } else {
      Node& above = nodes_.edit(parent);
      (above.param == node ? above.param : above.one) = 0;
    }
    nodes_.edit(node) = Node{};
    nodes_.edit(node).parent = std::exchange(free_node_, node);
    --node_count_;
    node = parent;
  }
}

RouteIndex::NodeId RouteIndex::new_node() {
  ++node_count_;
  if (free_node_ == 0) {
    nodes_.grow(nodes_.size() + 1);
    return nodes_.size() - 1;
  }
  const NodeId node = free_node_;
  free_node_ = std::exchange(nodes_.edit(node).parent, 0);
  return node;
}

LeafId RouteIndex::new_leaf() {
  if (free_leaf_ == 0) {
    leaves_.grow(std::max(leaves_.size() + 1, 2U));  // the first is "none"
    return leaves_.size() - 1;
  }
  const LeafId leaf = free_leaf_;
  free_leaf_ = std::exchange(leaves_.edit(leaf).next_free, 0);
  return leaf;
}

void RouteIndex::free_leaf(LeafId leaf) {
  leaves_.edit(leaf) = Leaf{nullptr, nullptr, std::exchange(free_leaf_, leaf)};
}

RouteIndex::Form RouteIndex::form_of(const TopicPattern& pattern) {
  Form form{0, 0, 0};
  for (const std::string_view segment : pattern.segments()) {
    form.kinds = form.kinds << 2 | static_cast<std::uint64_t>(kind_of(segment));
    ++form.length;
  }
  return form;
}

std::vector<RouteIndex::Form>::iterator RouteIndex::form_place(const Form& form) {
  return std::lower_bound(forms_.begin(), forms_.end(), form, [](const Form& a, const Form& b) {
    return std::tie(a.length, a.kinds) < std::tie(b.length, b.kinds);
  });
}

bool RouteIndex::use_form(const TopicPattern& pattern) {
  const Form form = form_of(pattern);
  auto place = form_place(form);
  if (place == forms_.end() || place->kinds != form.kinds || place->length != form.length) {
    if (forms_.size() >= max_forms_) {
      return false;
    }
    place = forms_.insert(place, form);
  }
  ++place->uses;
  return true;
}

void RouteIndex::drop_form(const TopicPattern& pattern) {
  const auto place = form_place(form_of(pattern));
  if (--place->uses == 0) {
    forms_.erase(place);
  }
}

}  // namespace runard::routing
