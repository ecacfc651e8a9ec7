#include "wire/past.h"

#include <algorithm>

#include "wire/fields.h"
#include "wire/limits.h"

namespace runard::wire {
namespace {

core::Error malformed(const char* what) {
  return core::fail(core::Errc::kMalformedFrame, what);
}

std::uint64_t to_ms(core::WallTime time) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
  return ms.count() > 0 ? static_cast<std::uint64_t>(ms.count()) : 0;
}

core::WallTime from_ms(std::uint64_t ms) {
  constexpr std::uint64_t kMost = 9'000'000'000'000;  // the year 2255; nanoseconds end in 2262
  return core::WallTime(std::chrono::milliseconds(std::min(ms, kMost)));
}

std::uint64_t to_us(core::Duration time) {
  return static_cast<std::uint64_t>(std::max<core::Duration::rep>(0, time.count()) / 1000);
}

core::Duration from_us(std::uint64_t us) {
  constexpr std::uint64_t kMost = 9'000'000'000'000'000;  // 285 years
  return std::chrono::microseconds(std::min(us, kMost));
}

void put(core::Bytes& out, const rpc::StoredEvent& event) {
  Fields fields(out);
  fields.key(1).text(event.topic);
  fields.number(2, static_cast<std::uint64_t>(event.payload.encoding));
  fields.number(3, event.payload.type);
  fields.key(4).bytes(event.payload.bytes);
  fields.number(5, event.instance);
  fields.number(6, event.sequence);
  fields.number(7, to_ms(event.published));
  fields.text(8, event.publisher);
  if (!event.meta.empty()) {
    fields.key(9).array(2 * event.meta.size());
    for (const auto& [key, value] : event.meta) {
      CborWriter(out).text(key);
      CborWriter(out).text(value);
    }
  }
  if (!event.owner.is_zero()) {
    fields.key(10).bytes(event.owner.bytes);
  }
}

std::string text(CborReader& in, std::size_t most) {
  const std::string_view read = in.text();
  if (read.size() > most) {
    in.fail();
  }
  return std::string(read.substr(0, most));
}

rpc::Encoding encoding(CborReader& in) {
  const std::uint64_t read = in.number();
  if (read > static_cast<std::uint64_t>(rpc::Encoding::kSealed)) {
    in.fail();
    return rpc::Encoding::kRaw;
  }
  return static_cast<rpc::Encoding>(read);
}

void read_meta(CborReader& in, rpc::StoredEvent& event) {
  bool key = true;
  in.array(2 * kMaxMeta, [&] {
    std::string read = text(in, kMaxHeader);
    if (key) {
      event.meta.emplace_back(std::move(read), "");
    } else {
      event.meta.back().second = std::move(read);
    }
    key = !key;
  });
  if (!key) {
    in.fail();
  }
}

void read_payload(CborReader& in, rpc::StoredEvent& event) {
  const core::ByteView bytes = in.bytes();
  if (in.ok()) {
    event.payload.owner = core::Buffer::copy(bytes);
    event.payload.bytes = event.payload.owner.view();
  }
}

std::shared_ptr<rpc::StoredEvent> read_event(CborReader& in) {
  auto event = std::make_shared<rpc::StoredEvent>();
  in.map([&](std::uint64_t key) {
    switch (key) {
      case 1:
        event->topic = text(in, kMaxTopic);
        return;
      case 2:
        event->payload.encoding = encoding(in);
        return;
      case 3:
        event->payload.type = in.number();
        return;
      case 4:
        read_payload(in, *event);
        return;
      case 5:
        event->instance = in.number();
        return;
      case 6:
        event->sequence = in.number();
        return;
      case 7:
        event->published = from_ms(in.number());
        return;
      case 8:
        event->publisher = text(in, kMaxName);
        return;
      case 9:
        read_meta(in, *event);
        return;
      case 10:
        event->owner = core::ProfileId::from(in.bytes()).value_or(core::ProfileId{});
        return;
      default:
        in.skip();
    }
  });
  if (event->topic.empty() || event->sequence == 0) {
    in.fail();
  }
  return event;
}

}  // namespace

core::Bytes encode(const rpc::PastQuery& query) {
  core::Bytes out;
  {
    Fields fields(out);
    fields.key(1).text(query.pattern);
    fields.text(2, query.group);
    fields.number(3, to_us(query.max_age));
    fields.number(4, query.before);
    fields.number(5, query.events);
    fields.number(6, query.bytes);
  }
  return out;
}

core::Result<rpc::PastQuery> decode_past_query(core::ByteView bytes) {
  CborReader in(bytes);
  rpc::PastQuery query;
  in.map([&](std::uint64_t key) {
    switch (key) {
      case 1:
        query.pattern = text(in, kMaxTopic);
        return;
      case 2:
        query.group = text(in, kMaxName);
        return;
      case 3:
        query.max_age = from_us(in.number());
        return;
      case 4:
        query.before = in.number();
        return;
      case 5:
        query.events = in.number();
        return;
      case 6:
        query.bytes = in.number();
        return;
      default:
        in.skip();
    }
  });
  if (!in.done() || query.pattern.empty()) {
    return malformed("question for retained events");
  }
  return query;
}

core::Bytes encode(const rpc::PastPage& page) {
  core::Bytes out;
  {
    Fields fields(out);
    fields.number(1, page.next);
    fields.number(2, page.omitted);
    const std::size_t count = std::min(page.events.size(), kMaxPastEvents);
    fields.key(3).array(count);
    for (std::size_t i = 0; i < count; ++i) {
      put(out, *page.events[i]);
    }
  }
  return out;
}

core::Result<rpc::PastPage> decode_past_page(core::ByteView bytes, std::string_view network,
                                             const core::NodeId& source) {
  CborReader in(bytes);
  rpc::PastPage page;
  in.map([&](std::uint64_t key) {
    if (key == 1) {
      page.next = in.number();
    } else if (key == 2) {
      page.omitted = in.number();
    } else if (key == 3) {
      in.array(kMaxPastEvents, [&] {
        auto event = read_event(in);
        event->network = network;
        event->source = source;
        event->flags = rpc::kRemoteEvent | rpc::kRetainedEvent;
        page.events.push_back(std::move(event));
      });
    } else {
      in.skip();
    }
  });
  if (!in.done()) {
    return malformed("page of retained events");
  }
  return page;
}

}  // namespace runard::wire
