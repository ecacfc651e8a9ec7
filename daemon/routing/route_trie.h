// RouteTrie<T>: which value is registered for a path; one for all networks, which never mix.
//
// A value belongs to its pattern alone: insert() never appends, replace() replaces, remove()
// removes that one and nothing else, '>' included, and nothing is left behind. Patterns that
// differ in their {names} are distinct, and each value's parameters are named by its own pattern.
//
// Order of matches: per segment from the left literal, {name}, '*', '>'; patterns that differ in
// nothing but names: by their text. best() gives the first; there is no falling back to a weaker
// one.
//
// Errors: kDuplicatePath, kOverloaded (a limit). Threading: one writer. share() gives what is now
// there to readers in O(pages), the writer goes on (see CowPages, Snapshot); reading takes no lock
// and no memory. Pointers to entries live as long as that copy of the trie.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "core/result.h"
#include "routing/captures.h"
#include "routing/route_cursor.h"
#include "routing/route_index.h"
#include "routing/topic_pattern.h"

namespace runard::routing {

struct RouteLimits {
  std::uint32_t patterns = 1'000'000;
  std::uint32_t forms = 1024;      // sequences of kinds among patterns with wildcards: RouteIndex
  std::uint32_t same_shape = 256;  // patterns that differ in nothing but their {names}
};

template <class T>
class RouteTrie {
 public:
  struct Entry {
    TopicPattern pattern;
    T value;
  };

  // `seed`: secret and random in the daemon, so that peers can't choose colliding paths.
  explicit RouteTrie(std::uint64_t seed = 0, RouteLimits limits = {})
      : index_(seed, limits.forms), limits_(limits) {}
  RouteTrie share() { return RouteTrie(index_.share(), limits_, size_); }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  core::Result<void> insert(const TopicPattern& pattern, T value) {
    if (size_ >= limits_.patterns) {
      return full(pattern);
    }
    const auto leaf = index_.add(pattern);
    if (!leaf) {
      return leaf.error();
    }
    Entries entries = copy_of(*leaf);
    const auto place = place_of(entries, pattern);
    if (place != entries.end() && place->pattern == pattern) {
      return core::fail(core::Errc::kDuplicatePath, pattern.text(), core::Executed::kNo);
    }
    if (entries.size() >= limits_.same_shape) {
      return full(pattern);
    }
    entries.insert(place, Entry{pattern, std::move(value)});
    set(*leaf, std::move(entries));
    ++size_;
    return {};
  }
  // False when the pattern is not there.
  bool replace(const TopicPattern& pattern, T value) {
    const LeafId leaf = index_.find(pattern);
    Entries entries = copy_of(leaf);
    const auto place = place_of(entries, pattern);
    if (place == entries.end() || place->pattern != pattern) {
      return false;
    }
    place->value = std::move(value);
    set(leaf, std::move(entries));
    return true;
  }
  // False when the pattern was not there.
  bool remove(const TopicPattern& pattern) {
    const LeafId leaf = index_.find(pattern);
    Entries entries = copy_of(leaf);
    const auto place = place_of(entries, pattern);
    if (place == entries.end() || place->pattern != pattern) {
      return false;
    }
    entries.erase(place);
    if (entries.empty()) {
      index_.remove(pattern);
    } else {
      set(leaf, std::move(entries));
    }
    --size_;
    return true;
  }
  // The value of exactly this pattern, or null.
  const T* find(const TopicPattern& pattern) const {
    for (const Entry& entry : entries_of(index_.find(pattern))) {
      if (entry.pattern == pattern) {
        return &entry.value;
      }
    }
    return nullptr;
  }

  // The entries of the most specific shape that matches: more than one only where patterns differ
  // in nothing but names. Empty: none matches.
  std::span<const Entry> best_all(TopicView topic, Captures* captures = nullptr) const {
    RouteCursor cursor(index_, topic);
    if (!cursor.next()) {
      return {};
    }
    if (captures != nullptr) {
      cursor.captures(*captures);
    }
    return entries_of(cursor.leaf());
  }
  // The first of them, or null.
  const Entry* best(TopicView topic, Captures* captures = nullptr) const {
    const std::span<const Entry> entries = best_all(topic, captures);
    return entries.empty() ? nullptr : &entries.front();
  }
  // Calls f(const Entry&, const Captures&) for each match, the most specific first.
  template <class F>
  void for_each_match(TopicView topic, F f) const {
    RouteCursor cursor(index_, topic);
    Captures captures;
    while (cursor.next()) {
      cursor.captures(captures);
      for (const Entry& entry : entries_of(cursor.leaf())) {
        f(entry, std::as_const(captures));
      }
    }
  }
  // Calls f(const Entry&) for all there are, in no particular order.
  template <class F>
  void for_each(F f) const {
    for (LeafId leaf = 1; leaf < index_.leaf_end(); ++leaf) {
      for (const Entry& entry : entries_of(leaf)) {
        f(entry);
      }
    }
  }
  // What the index keeps, for tests and figures: nothing once all patterns are removed.
  std::uint32_t node_count() const { return index_.node_count(); }

 private:
  using Entries = std::vector<Entry>;  // sorted by pattern

  RouteTrie(RouteIndex index, RouteLimits limits, std::size_t size)
      : index_(std::move(index)), limits_(limits), size_(size) {}

  static core::Error full(const TopicPattern& pattern) {
    return core::fail(core::Errc::kOverloaded, pattern.text() + ": too many patterns",
                      core::Executed::kNo);
  }
  static typename Entries::iterator place_of(Entries& entries, const TopicPattern& pattern) {
    return std::lower_bound(
        entries.begin(), entries.end(), pattern,
        [](const Entry& entry, const TopicPattern& other) { return entry.pattern < other; });
  }
  std::span<const Entry> entries_of(LeafId leaf) const {
    const void* payload = leaf == 0 ? nullptr : index_.payload(leaf).get();
    return payload == nullptr ? std::span<const Entry>{} : *static_cast<const Entries*>(payload);
  }
  Entries copy_of(LeafId leaf) const {
    const std::span<const Entry> entries = entries_of(leaf);
    return Entries(entries.begin(), entries.end());
  }
  void set(LeafId leaf, Entries entries) {
    index_.set_payload(leaf, std::make_shared<const Entries>(std::move(entries)));
  }

  RouteIndex index_;
  RouteLimits limits_;
  std::size_t size_ = 0;
};

}  // namespace runard::routing
