#include "transport/hub.h"

#include <algorithm>
#include <utility>

#include "core/burst.h"

namespace runard::transport {

using core::Errc;

Hub::Hub(HubOptions options, const HubServices& services)
    : limits_(options.limits),
      self_(std::move(options.self)),
      reset_secret_(options.reset_secret),
      services_(services),
      exchange_(std::make_shared<Exchange>(limits_, services.names, services.codec)),
      connections_{limits_, services.random, reset_secret_, std::move(options.tls), options.local},
      context_{limits_,        services.clock,   *exchange_,    exchange_->memory(),
               services.names, services.handler, services.sink, services.log,
               stats_,         services.codec,   services.gate},
      cids_(services.random),
      tokens_(services.random),
      gate_(limits_, services.random),
      guest_attempts_(limits_.guest_attempts, services.random),
      strays_(limits_, services.random, reset_secret_),
      space_(Connection::kTrainSpace) {}

Hub::~Hub() {
  slots_.clear();  // the calls in progress are answered
  close_exchange();
}

void Hub::close_exchange() {
  while (unread_ != nullptr) {
    exchange_->dispose(*std::exchange(unread_, unread_->next));
  }
  exchange_->close();
}

void Hub::stop(TrainSink& sink, core::TimePoint now) {
  now_ = now;
  stopping_ = true;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].link != nullptr) {
      slots_[i].link->stop(core::fail(Errc::kLinkLost, "this node stops"));
    }
  }
  flush(sink, now);
  close_exchange();
}

Hub::Slot* Hub::slot(LinkId id) {
  const std::uint32_t index = index_of(id);
  if (static_cast<std::uint32_t>(id) == 0 || index >= slots_.size()) {
    return nullptr;
  }
  Slot& found = slots_[index];
  return found.link != nullptr && found.link->id() == id ? &found : nullptr;
}

Link* Hub::link(LinkId id) {
  Slot* found = slot(id);
  return found == nullptr ? nullptr : found->link.get();
}

Hub::Slot* Hub::open_slot() {
  std::uint32_t index = 0;
  if (free_.empty()) {
    index = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  Slot& slot = slots_[index];
  const LinkId id = (LinkId{slot.generation++} << 32) | (index + 1);
  slot.link = std::make_unique<Link>(id, context_, self_, *this);
  slot.dirty = slot.half_open = slot.announced = slot.proved = slot.stranger = slot.guest = false;
  ++in_use_;
  return &slot;
}

void Hub::forget(Slot& slot) {
  settle(slot);
  if (!slot.proved) {
    uncount(slot);
  }
  const LinkId id = slot.link->id();
  cids_.remove_all(id);
  tokens_.remove_all(id);
  timers_.remove(index_of(id));
  slot.link.reset();
  free_.push_back(index_of(id));
  --in_use_;
}

// It is proved now, or gone before that.
void Hub::uncount(const Slot& slot) {
  --(slot.stranger ? strangers_ : attempts_);
}

void Hub::touch(LinkId id) {
  Slot* touched = slot(id);
  if (touched != nullptr && !touched->dirty) {
    touched->dirty = true;
    dirty_.push_back(id);
  }
}

// The stranger is none any more, or gone.
void Hub::settle(Slot& slot) {
  if (slot.half_open) {
    slot.half_open = false;
    gate_.settled(slot.source);
  }
}

void Hub::turn(core::TimePoint now) {
  now_ = now;
  if (!handshakes_.empty()) {
    Waiting waiting = std::move(handshakes_.front());
    handshakes_.pop_front();
    waiting.datagram.bytes = waiting.bytes;
    route(waiting.datagram, now);
  }
  take_timers(now);
  dial_next(now);
  deliver(now);
}

void Hub::deliver(core::TimePoint now) {
  now_ = now;
  undelivered_ = false;
  {
    const core::Burst burst;
    for (std::size_t i = 0; i < dirty_.size(); ++i) {  // grows meanwhile
      Link* dirty = link(dirty_[i]);
      if (dirty != nullptr) {
        dirty->deliver(now);
        after_deliver(*slot(dirty_[i]));
      }
    }
  }
  serve_memory();
  take_mail();  // with the replies that handlers gave at once
}

void Hub::after_deliver(Slot& slot) {
  if (!slot.proved && slot.link->peer_known()) {
    uncount(slot);
    slot.proved = true;
    slot.stranger = false;
    ++stats_.handshakes;
    settle(slot);
  }
  memory_wanted_ = memory_wanted_ || slot.link->waits_for_memory();
  undelivered_ = undelivered_ || slot.link->has_undelivered();
}

void Hub::serve_memory() {
  if (!memory_wanted_) {
    return;
  }
  memory_wanted_ = false;
  for (const Slot& slot : slots_) {
    if (slot.link != nullptr && slot.link->waits_for_memory()) {
      slot.link->serve_memory();
      memory_wanted_ = memory_wanted_ || slot.link->waits_for_memory();
      touch(slot.link->id());
    }
  }
}

// A share of it, as with what is delivered.
void Hub::take_mail() {
  if (unread_ == nullptr) {
    // In this order: the letter that a task is about was posted before it.
    tasks_ = exchange_->mailbox().tasks();
    unread_ = exchange_->mailbox().take();
  }
  for (std::size_t share = RequestTable::kShare; unread_ != nullptr && share > 0; --share) {
    Letter* letter = std::exchange(unread_, unread_->next);
    take_letter(*letter);
  }
  if (unread_ != nullptr) {
    undelivered_ = true;
    return;
  }
  for (core::Task& task : std::exchange(tasks_, {})) {
    task();
  }
  for (const rpc::Ticket ticket : exchange_->cancelled()) {
    OutboundCall* call = exchange_->ours().peek(ticket);
    Link* owner = call == nullptr ? nullptr : link(call->link);
    if (owner != nullptr && owner->alive()) {
      owner->cancel(*call);
      touch(owner->id());
    }
  }
}

void Hub::take_letter(Letter& letter) {
  switch (letter.kind) {
    case Letter::Kind::kCall: {
      auto& call = static_cast<OutboundCall&>(letter);
      Link* target = link(call.link);
      if (target != nullptr && target->retiring()) {
        const auto better = by_node_.find(target->peer().node);
        target = better == by_node_.end() ? nullptr : link(better->second);
      }
      if (target == nullptr || target->state() != Link::State::kUp) {
        return exchange_->dispose(letter);
      }
      call.link = target->id();
      ++stats_.calls_sent;
      target->start(call);
      return touch(target->id());
    }
    case Letter::Kind::kReply: {
      auto& call = static_cast<InboundCall&>(letter);
      Link* target = link(call.link);
      if (target == nullptr || !call.is_linked()) {
        return exchange_->dispose(letter);
      }
      ++stats_.calls_received;
      target->answer(call);
      return touch(target->id());
    }
    case Letter::Kind::kLane: {
      auto& lane = static_cast<LaneOutbox&>(letter);
      Link* target = link(lane.link());
      if (target == nullptr || !target->alive()) {
        return exchange_->dispose(letter);
      }
      target->flush_lane(lane);
      return touch(target->id());
    }
  }
}

void Hub::take_timers(core::TimePoint now) {
  while (timers_.next() <= now) {
    const std::uint32_t index = timers_.next_owner();
    timers_.remove(index);  // flush() sets it again
    slots_[index].link->on_expiry(now);
    touch(slots_[index].link->id());
  }
}

Flushed Hub::flush(TrainSink& sink, core::TimePoint now) {
  now_ = now;
  for (const Stray& stray : outgoing_) {
    static_cast<void>(sink.send({stray.bytes, stray.bytes.size(), 0, stray.remote, stray.local}));
  }
  outgoing_.clear();
  std::vector<LinkId> left;
  Flushed result = Flushed::kAll;
  for (std::size_t i = 0; i < dirty_.size(); ++i) {
    const LinkId id = dirty_[i];
    Link* dirty = link(id);
    if (dirty == nullptr) {
      continue;
    }
    const Flushed flushed = result == Flushed::kFull ? result : dirty->flush(sink, space_, now);
    result = std::max(result, flushed);
    const bool more = dirty->has_undelivered();
    // A reply that was taken after deliver() may have made room for the next request.
    undelivered_ = undelivered_ || more;
    if (flushed != Flushed::kAll || more) {
      left.push_back(id);
      continue;
    }
    Slot& settled = *slot(id);
    settled.dirty = false;
    timers_.set(index_of(id), dirty->expiry());
    if (dirty->state() == Link::State::kGone) {
      forget(settled);
    }
  }
  dirty_.swap(left);
  return result;
}

core::TimePoint Hub::expiry() const {
  return std::min(timers_.next(), dialer_.expiry());
}

core::Result<void> Hub::send_control(LinkId id, std::uint64_t type, core::ByteView body) {
  Link* target = link(id);
  if (target == nullptr) {
    return core::fail(Errc::kLinkLost, "", core::Executed::kNo);
  }
  touch(id);
  return target->send_control(type, body);
}

void Hub::resume(LinkId id, std::uint64_t lane) {
  Link* target = link(id);
  if (target != nullptr) {
    target->resume_lane(lane);
    touch(id);
  }
}

Stats Hub::stats() const {
  Stats copy = stats_;
  copy.links = by_node_.size();
  copy.half_open = gate_.half_open();
  copy.connection_ids = cids_.size();
  copy.reset_tokens = tokens_.size();
  return copy;
}

std::optional<Connection::Info> Hub::info(LinkId id) const {
  const std::uint32_t index = index_of(id);
  if (static_cast<std::uint32_t>(id) == 0 || index >= slots_.size() ||
      slots_[index].link == nullptr || slots_[index].link->id() != id) {
    return std::nullopt;
  }
  return slots_[index].link->info();
}

}  // namespace runard::transport
