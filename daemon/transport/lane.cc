#include "transport/lane.h"

#include <algorithm>
#include <chrono>

namespace runard::transport {
namespace {

// Beyond what limits.payload may be on any node.
constexpr std::uint64_t kLargestPayload = 64 * 1024 * 1024;

}  // namespace

OutLane::OutLane(LinkCore& core, std::shared_ptr<LaneOutbox> outbox)
    : Stream(SendClass::kLane), core_(core), outbox_(std::move(outbox)) {
  core::Bytes prefix(2 * sizeof(std::uint64_t));
  prefix_ = wire::put_varint(static_cast<std::uint64_t>(wire::StreamType::kLane), prefix.data());
  prefix_ += wire::put_varint(outbox_->number(), prefix.data() + prefix_);
  prefix.resize(prefix_);
  queue_.push(std::move(prefix));
}

void OutLane::flush() {
  core::Bytes events = outbox_->take(queue_.spare());
  if (over_) {
    return;
  }
  queue_.push(std::move(events));
  if (id() < 0) {
    try_open();
  } else {
    core_.scheduler.ready(*this);
  }
}

void OutLane::try_open() {
  if (id() < 0 && !over_ && core_.connection->open_uni(*this)) {
    core_.scheduler.ready(*this);
  }
}

void OutLane::peer_stopped(std::uint64_t) {
  over_ = true;
  core_.scheduler.remove(*this);
  outbox_->close();
}

void OutLane::closed() {
  peer_stopped(0);
}

void OutLane::acked(std::uint64_t offset) {
  std::size_t freed = queue_.acked(offset);
  const std::size_t prefix = std::min(freed, prefix_);
  prefix_ -= prefix;
  outbox_->acknowledged(freed - prefix);
}

SendParts OutLane::pending() const {
  SendParts parts;
  if (!over_) {
    queue_.add_unsent(parts);
  }
  return parts;
}

void OutLane::sent(std::size_t bytes, bool) {
  queue_.sent(bytes);
}

InLane::InLane(LinkCore& core, std::uint64_t prefix)
    : Stream(SendClass::kLane),
      core_(core),
      inbox_(core.context.limits.lane_window, core.context.limits.lane_window - prefix),
      moved_(core.now) {}

InLane::~InLane() {
  if (number_) {
    core_.in_lanes.erase(*number_);
  }
}

bool InLane::received(core::ByteView bytes, bool) {
  inbox_.add(bytes);
  return true;
}

void InLane::closed() {
  over_ = true;
  core_.lane_grants.end(*this, grant_);
}

// False: another lane has it. What the sink holds of a lane goes by its number.
bool InLane::read_number() {
  const wire::Varint number = wire::get_varint(inbox_.view());
  if (number.size == 0) {
    return true;
  }
  if (!core_.in_lanes.insert(number.value).second) {
    return false;
  }
  number_ = number.value;
  inbox_.consume(number.size);
  return true;
}

bool InLane::deliver() {
  if (core_.up && !number_ && !read_number()) {
    return false;
  }
  if (!number_) {
    return true;
  }
  const Limits& limits = core_.context.limits;
  while (!held_ && skip()) {
    const wire::FrameHead head = wire::get_frame_head(inbox_.view());
    if (head.length > wire::max_message_body(limits.payload)) {
      if (!begin_skip(head)) {
        return false;
      }
      continue;
    }
    const auto frame = inbox_.front();
    if (!frame) {
      break;
    }
    moved_ = core_.now;
    if (!take_frame(*frame)) {
      return false;
    }
  }
  if (over_) {
    return true;
  }
  if (held_ || (inbox_.view().empty() && skip_ == 0) || grant_.wanted != 0) {
    moved_ = core_.now;  // it is not the peer that keeps us waiting
  } else if (core_.now - moved_ > limits.message_timeout) {
    return false;
  }
  inbox_.credit(*core_.connection, *this);
  const std::uint64_t size = inbox_.front_size();
  if (size > limits.lane_window) {
    core_.lane_grants.want(*core_.connection, *this, grant_, size, limits.lane_window);
  }
  return true;
}

// The sender knows its own limit only. All else on the link goes on.
bool InLane::begin_skip(const wire::FrameHead& head) {
  if (head.type != wire::kEvent || head.length > wire::max_message_body(kLargestPayload)) {
    return false;
  }
  skip_ = head.size + head.length;
  ++core_.context.stats.events_too_large;
  core_.context.log.warn("an event larger than limits.payload was skipped",
                         {core::field("peer", core_.peer.text()), core::field("bytes", head.length),
                          core::field("limit", core_.context.limits.payload)});
  return true;
}

// False: some of it is still to come.
bool InLane::skip() {
  const auto here = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, inbox_.view().size()));
  if (here > 0) {
    inbox_.consume(here);
    skip_ -= here;
    moved_ = core_.now;
  }
  return skip_ == 0;
}

bool InLane::take_frame(const InboxFrame& frame) {
  if (frame.head.type == wire::kEvent) {
    if (!take_event(frame.body)) {
      return false;
    }
    if (held_) {
      return true;
    }
  } else if (wire::is_critical(frame.head.type)) {
    return false;
  }
  inbox_.consume(frame.head.size + frame.body.size());
  if (grant_.held != 0) {
    inbox_.absorb(grant_.held);
    core_.lane_grants.end(*this, grant_);
    core_.lane_grants.serve(*core_.connection);
  }
  return true;
}

bool InLane::take_event(core::ByteView body) {
  const auto parts = wire::split_message(body);
  if (!parts) {
    return false;
  }
  wire::EventLists lists;
  const auto header = wire::get_event(parts->header, lists);
  if (!header) {
    return false;
  }
  const std::string_view network = core_.context.names.name(header->network);
  const bool common = std::find(core_.networks.begin(), core_.networks.end(), header->network) !=
                      core_.networks.end();
  if (network.empty() || !common) {
    return true;  // not for us: dropped
  }
  rpc::Event event;
  event.network = network;
  event.topic = header->topic;
  event.payload = rpc::Payload::borrow(parts->payload, header->encoding);
  event.payload.type = header->type;
  event.meta = lists.meta.view();
  event.published = core::WallTime(std::chrono::milliseconds(
      std::min<std::uint64_t>(header->published_ms, INT64_MAX / 1000000)));
  event.source = core_.peer;
  event.publisher = header->publisher;
  event.owner = header->owner;
  event.instance = header->instance;
  event.sequence = header->sequence;
  event.flags = rpc::kRemoteEvent |
                ((header->bits & wire::kRetainedBit) != 0 ? rpc::kRetainedEvent : 0U) |
                ((header->bits & wire::kRedeliveredBit) != 0 ? rpc::kRedelivered : 0U);
  held_ = core_.context.events.event(core_.id, *number_, event, *header, lists.groups.view()) ==
          EventSink::Taken::kLater;
  return true;
}

}  // namespace runard::transport
