// AddressBook: where nodes may be found, and when to dial whom.
//
// A target is a set of addresses that are raced, with its own backoff; who is there is known after
// a first link, or only claimed by a hint. Each claim is a target of its own, so a forged hint
// never replaces or delays a real one. A dial that has not been answered at once holds nobody up:
// only young dials count against `parallel`. Targets: static ones are kept for ever, a linked
// peer's own addresses while it is linked and an hour longer, hints until their time is over. What
// nothing but hints tells of comes last, and each source of hints has its own rate of dials.
//
// Sans-I/O; times are arguments, randomness is passed in. Control strand.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "core/random.h"
#include "core/result.h"
#include "mesh/settings.h"
#include "mesh/types.h"

namespace runard::mesh {

class AddressBook {
 public:
  struct Dial {
    DialId id = 0;
    std::vector<std::string> addresses;
    std::optional<core::NodeId> expected;
  };
  // For people: what is tried, and why it did not work.
  struct Status {
    std::vector<std::string> addresses;
    std::optional<core::NodeId> node;
    bool is_static = false;
    bool self = false;
    bool linked = false;
    std::uint32_t failures = 0;
    std::optional<core::Error> last_error;
  };

  AddressBook(const DialSettings& settings, core::Random& random, const core::NodeId& self)
      : settings_(settings), random_(random), self_(self) {}

  void seen(const DialHint& hint, core::TimePoint now);
  // The node said goodbye to the multicast group: its hints go.
  void unseen(const core::NodeId& node);

  void linked(const core::NodeId& node, DialId dial, core::TimePoint now);
  // A linked node's own words on where it listens.
  void told(const core::NodeId& node, const std::vector<std::string>& addresses);
  // The node's last link is gone. `left`: it said goodbye.
  void lost(const core::NodeId& node, bool left, core::TimePoint now);
  // `who` answered there, when that is known. After kSelfDial the addresses are never dialled
  // again; after kDuplicateLink they count as the linked node's; after kNoCommonNetwork, which only
  // who proved to be the node that the hint names may say, neither they nor whatever is said to be
  // that node are dialled for long, whatever hints come.
  void failed(DialId dial, const core::Error& error, const std::optional<core::NodeId>& who,
              core::TimePoint now);

  // A link to the node ended since it has no network in common.
  void apart(const core::NodeId& node, core::TimePoint now);
  // This node's networks or trust are others now: who was apart may be so no more.
  void reconsider(core::TimePoint now);

  // The dials to start now. They count as started.
  std::vector<Dial> due(core::TimePoint now);
  core::TimePoint expiry() const { return next_; }
  std::vector<Status> list() const;
  std::size_t dials_in_flight() const { return dials_.size(); }
  std::size_t nodes_apart() const { return apart_.size(); }

 private:
  enum class Origin : std::uint8_t { kStatic, kTold, kExchange, kMulticast };
  struct Key {
    std::optional<core::NodeId> claimed;  // who the hint says is there; static ones say nobody
    std::vector<std::string> addresses;   // sorted
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  using Source = std::optional<core::NodeId>;  // a peer that told; nobody: the multicast group
  struct Target {
    Origin origin = Origin::kStatic;
    std::optional<core::NodeId> node;  // who was there, or is claimed to be
    bool self = false;
    DialId dial = 0;  // under way
    core::TimePoint started{};
    core::TimePoint next{};  // not dialled before
    core::TimePoint expires = core::kNever;
    core::TimePoint known_until{};  // was linked not long ago
    bool apart = false;             // no common network: hints do not hasten it
    bool fresh = false;             // a hint came while a dial was under way: dial again at once
    std::uint32_t failures = 0;
    std::optional<core::Error> last_error;
    std::vector<Source> sources;  // of hints; the first ones
  };
  using Entry = std::pair<const Key, Target>;
  // The dials under way, as far as they leave no room for others.
  struct UnderWay {
    std::size_t young = 0;
    std::size_t retrying = 0;
    std::size_t hearsay = 0;
    std::map<core::NodeId, bool> nodes;  // of the young ones; whether one of them is proved
  };

  void set_apart(Target& target, core::TimePoint until);
  void refresh(Target& target, const DialHint& hint, core::TimePoint now);
  bool make_room(Origin origin, const Source& source);
  bool make_room(std::size_t most, const std::function<bool(const Target&)>& among);
  void add_source(Target& target, const Source& source) const;
  void expire(core::TimePoint now);
  core::Duration random_part(core::Duration most);
  core::Duration backoff(const Target& target, core::TimePoint now);
  core::Duration reaction(const std::optional<core::NodeId>& node);

  // address_book_due.cc
  bool wants_dial(const Target& target) const;
  bool proved(const Target& target, core::TimePoint now) const;
  std::vector<Entry*> ready(core::TimePoint now);
  UnderWay under_way(core::TimePoint now) const;
  void count(const Target& dialled, core::TimePoint now, UnderWay& sum) const;
  bool has_room(const Target& target, const UnderWay& sum, core::TimePoint now) const;
  core::TimePoint payable(const Source& source) const;
  core::TimePoint payable(const Target& target, core::TimePoint now) const;
  bool pay(const Target& target, core::TimePoint now);
  Dial start(const Key& key, Target& target, core::TimePoint now);
  void plan(core::TimePoint now);

  void arm(core::TimePoint when) { next_ = std::min(next_, when); }

  const DialSettings settings_;
  core::Random& random_;
  const core::NodeId self_;
  std::map<Key, Target> targets_;
  std::map<DialId, Key> dials_;
  std::set<core::NodeId> linked_;
  std::map<core::NodeId, core::TimePoint> apart_;  // until when
  DialId last_dial_ = 0;
  std::map<Source, core::TimePoint> spent_;  // when that source has its whole burst again
  core::TimePoint next_ = core::kNever;
};

}  // namespace runard::mesh
