// LinkCore: what the parts of one link share.
#pragma once

#include <memory>
#include <optional>
#include <set>

#include "core/log.h"
#include "rpc/event.h"
#include "rpc/payload_codec.h"
#include "transport/connection.h"
#include "transport/grants.h"
#include "transport/link_id.h"
#include "transport/stats.h"
#include "wire/event.h"

namespace runard::transport {

class Exchange;

// The names that this node's operator gave to networks. Any thread.
class NetworkNames {
 public:
  virtual ~NetworkNames() = default;
  virtual std::optional<core::NetworkId> id(std::string_view name) const = 0;
  // Empty for a network that this node takes no part in. Valid as long as this object.
  virtual std::string_view name(const core::NetworkId& id) const = 0;
};

// Where events from peers go. On the I/O thread.
class EventSink {
 public:
  enum class Taken : std::uint8_t {
    kTaken,  // also when nobody wants it
    kLater,  // not taken: the lane stands still until Endpoint::resume(link, lane)
  };
  virtual ~EventSink() = default;
  // All is borrowed for the length of the call; event.source is the peer's certificate's.
  virtual Taken event(LinkId link, std::uint64_t lane, const rpc::Event& event,
                      const wire::EventHeader& header,
                      std::span<const std::string_view> groups) = 0;
  // Of every lane at its end, be its link announced or not: an event that was left standing does
  // not come again.
  virtual void lane_over(LinkId link, std::uint64_t lane) = 0;
};

// Whether a peer may ask what a sealed request asks: to open it costs many times what all else
// does. On the I/O thread.
class RequestGate {
 public:
  virtual ~RequestGate() = default;
  // Errors: kDenied, as the handler says it of such a request when it is not sealed.
  virtual core::Result<void> admit(const core::NodeId& peer, std::string_view network,
                                   std::string_view path) const = 0;
};

// What all links of an endpoint share. Borrowed; outlives them.
struct LinkContext {
  const Limits& limits;
  const core::Clock& clock;
  Exchange& exchange;
  SharedMemory& memory;
  const NetworkNames& names;
  rpc::Handler& handler;  // inbound requests
  EventSink& events;
  core::Log log;
  Stats& stats;
  rpc::PayloadCodec* codec = nullptr;  // null: this node opens nothing
  const RequestGate* gate = nullptr;   // null: what anybody sealed is opened
};

struct LinkCore {
  LinkCore(LinkId link, const LinkContext& shared)
      : id(link),
        context(shared),
        request_grants(shared.limits.max_message(), shared.memory.incoming),
        reply_grants(shared.limits.max_message(), shared.memory.replies),
        lane_grants(shared.limits.max_message(), shared.memory.incoming) {}

  const LinkId id;
  const LinkContext& context;
  std::unique_ptr<Connection> connection;  // null once the link is over
  core::NodeId peer;                       // zero until its certificate is proved
  std::vector<core::NetworkId> networks;   // in common with the peer
  core::TimePoint now{};                   // of this turn
  bool opens_sealed = false;               // the peer, by its hello
  bool up = false;                         // requests and events of the peer are taken
  std::set<std::uint64_t> in_lanes;        // numbers in use by lanes of the peer
  SendScheduler scheduler;
  Grants request_grants;
  Grants reply_grants;
  Grants lane_grants;
};

}  // namespace runard::transport
