// Exchange: tells peers where other peers may be dialled, each only of nodes with which it shares a
// network. News goes out at once (collected for a moment), a newcomer is told everything, and each
// round every peer is told a random few again, so that hints stay alive. Sans-I/O; control strand.
#pragma once

#include <set>

#include "core/random.h"
#include "mesh/settings.h"
#include "mesh/types.h"
#include "wire/sync.h"

namespace runard::mesh {

// A linked peer, as the exchange sees it.
struct Known {
  LinkId link = 0;
  core::NodeId node;
  std::vector<core::NetworkId> networks;
  bool loopback = false;  // the link is one of this host
  std::vector<wire::Address> addresses;
};

class Exchange {
 public:
  struct Message {
    LinkId link = 0;
    std::vector<wire::PeerHint> hints;  // at most kMaxPeerHints
  };

  Exchange(const ExchangeSettings& settings, core::Random& random)
      : settings_(settings), random_(random) {}

  // A peer is new here, or its addresses are.
  void changed(const core::NodeId& node, core::TimePoint now);
  // The link is new: its peer knows nothing yet.
  void joined(LinkId link, core::TimePoint now);

  core::TimePoint expiry() const { return std::min(flush_, round_); }
  std::vector<Message> due(const std::vector<Known>& peers, core::TimePoint now);

 private:
  std::vector<const Known*> take_news(const std::vector<Known>& peers);
  std::vector<const Known*> sample(const std::vector<const Known*>& all);
  void soon(core::TimePoint now);

  const ExchangeSettings settings_;
  core::Random& random_;
  std::set<core::NodeId> news_;
  std::set<LinkId> newcomers_;
  core::TimePoint flush_ = core::kNever;
  core::TimePoint round_ = core::kNever;
};

}  // namespace runard::mesh
