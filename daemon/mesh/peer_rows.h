// PeerRows: what one peer has told of itself, in this node's own network names.
//
// (epoch, version) decides: an older update is ignored, a delta that builds on a version other than
// the one held is a gap. Rows of networks that the two don't share, of `$` paths and of topics that
// can't be are left out and counted. The memory that the rows take is bounded: kTooLarge, and
// nothing is held afterwards.
#pragma once

#include <map>
#include <set>

#include "core/result.h"
#include "mesh/network_names.h"
#include "registry/rows.h"
#include "wire/sync.h"

namespace runard::mesh {

class PeerRows {
 public:
  enum class Outcome : std::uint8_t { kApplied, kUnchanged, kOld, kGap };

  PeerRows(const core::NodeId& node, std::size_t memory_limit)
      : node_(node), memory_limit_(memory_limit) {}

  // `common`: the networks that the peer is a member of, by its certificate, and this node too.
  core::Result<Outcome> apply(const wire::Update& update,
                              const std::vector<core::NetworkId>& common,
                              const NetworkNames& names);
  void clear();

  // Version 0: none yet.
  std::uint64_t epoch() const { return epoch_; }
  std::uint64_t version() const { return version_; }
  std::size_t memory() const { return memory_; }
  std::uint64_t refused() const { return refused_; }
  const std::vector<wire::Address>& addresses() const { return addresses_; }
  registry::NodeRows rows() const;

 private:
  using ServiceKey = std::pair<std::string, std::string>;  // network, path

  core::Result<Outcome> apply_snapshot(const wire::Update& update,
                                       const std::vector<core::NetworkId>& common,
                                       const NetworkNames& names);
  core::Result<Outcome> apply_delta(const wire::Update& update,
                                    const std::vector<core::NetworkId>& common,
                                    const NetworkNames& names);
  core::Result<Outcome> bounded(Outcome outcome);
  bool merge(const wire::Update& update, const std::vector<core::NetworkId>& common,
             const NetworkNames& names);
  bool merge(const wire::Section& section, const std::string& network);
  bool put(const std::string& network, const wire::ServiceEntry& entry);
  void put(const std::string& network, const wire::SubscriptionEntry& entry);
  void erase(const ServiceKey& key);

  core::NodeId node_;
  std::size_t memory_limit_;
  std::uint64_t epoch_ = 0;
  std::uint64_t version_ = 0;
  std::size_t memory_ = 0;
  std::uint64_t refused_ = 0;
  std::string name_;
  std::vector<wire::Address> addresses_;
  std::map<ServiceKey, registry::ServiceRow> services_;
  std::set<registry::SubscriptionRow> subscriptions_;
};

}  // namespace runard::mesh
