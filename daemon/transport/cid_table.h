// CidTable and TokenTable: which link a datagram belongs to, by its connection id or by the
// stateless reset token it ends with. Both keys are chosen by strangers, so they are hashed with a
// secret. Bounded by the links: each has at most 8 ids of its own (ngtcp2's bound) and as many
// tokens. One thread.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>

#include "transport/cid.h"
#include "transport/link_id.h"

namespace runard::transport {

class SecretHash {
 public:
  explicit SecretHash(core::Random& random) : key_{random.next(), random.next()} {}
  std::size_t operator()(core::ByteView bytes) const;
  std::size_t operator()(const Cid& cid) const { return (*this)(cid.view()); }
  template <std::size_t N>
  std::size_t operator()(const std::array<std::uint8_t, N>& bytes) const {
    return (*this)(core::ByteView(bytes));
  }

 private:
  std::array<std::uint64_t, 2> key_;
};

template <class Key>
class LinkTable {
 public:
  explicit LinkTable(core::Random& random) : map_(0, SecretHash(random)) {}
  LinkId find(const Key& key) const {
    const auto found = map_.find(key);
    return found == map_.end() ? 0 : found->second;
  }
  void add(const Key& key, LinkId link) { map_[key] = link; }
  // Only if it is that link's.
  void remove(const Key& key, LinkId link) {
    const auto found = map_.find(key);
    if (found != map_.end() && found->second == link) {
      map_.erase(found);
    }
  }
  void remove_all(LinkId link) {
    boost::unordered::erase_if(map_, [link](const auto& entry) { return entry.second == link; });
  }
  std::size_t size() const { return map_.size(); }

 private:
  boost::unordered_flat_map<Key, LinkId, SecretHash> map_;
};

using CidTable = LinkTable<Cid>;
using TokenTable = LinkTable<ResetToken>;

}  // namespace runard::transport
