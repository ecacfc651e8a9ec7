// links: wire
// The first byte chooses the decoder; what is accepted is encoded again and must be accepted again.
#include <cstddef>
#include <cstdint>

#include "core/check.h"
#include "wire/cbor.h"
#include "wire/event.h"
#include "wire/frame.h"
#include "wire/hello.h"
#include "wire/kept_keys.h"
#include "wire/reply.h"
#include "wire/request.h"

namespace {

namespace core = runard::core;
namespace wire = runard::wire;

core::ByteView body_of(const core::Bytes& frame) {
  const wire::FrameHead head = wire::get_frame_head(frame);
  RUNARD_CHECK(head.size != 0 && head.size + head.length == frame.size());
  return core::ByteView(frame).subspan(head.size);
}

core::ByteView header_of(const core::Bytes& frame) {
  const auto parts = wire::split_message(body_of(frame));
  RUNARD_CHECK(parts.has_value());
  return parts->header;
}

void request(core::ByteView bytes) {
  wire::MetaList meta;
  const auto first = wire::get_request(bytes, meta);
  core::Bytes frame;
  if (first && wire::put_request(*first, meta.view(), 0, frame)) {
    wire::MetaList again;
    const auto second = wire::get_request(header_of(frame), again);
    RUNARD_CHECK(second.has_value() && second->path == first->path && again.size() == meta.size());
  }
}

void reply(core::ByteView bytes) {
  const auto first = wire::get_reply(bytes);
  if (first) {
    core::Bytes frame;
    wire::put_reply(*first, 0, frame);
    const auto second = wire::get_reply(header_of(frame));
    RUNARD_CHECK(second.has_value() && second->message == first->message);
  }
}

void event(core::ByteView bytes) {
  wire::EventLists lists;
  const auto first = wire::get_event(bytes, lists);
  core::Bytes frame;
  if (first && wire::put_event(*first, lists.meta.view(), lists.groups.view(), 0, frame)) {
    wire::EventLists again;
    const auto second = wire::get_event(header_of(frame), again);
    RUNARD_CHECK(second.has_value() && again.groups.size() == lists.groups.size());
  }
}

void hello(core::ByteView bytes) {
  const auto first = wire::get_hello(bytes);
  if (first) {
    core::Bytes body;
    wire::put_hello(*first, body);
    const auto second = wire::get_hello(body);
    RUNARD_CHECK(second.has_value() && *second == *first);
  }
}

void kept_keys(core::ByteView bytes) {
  if (const auto keys = wire::decode_kept_keys(bytes); keys) {
    RUNARD_CHECK(wire::decode_kept_keys(wire::encode_kept_keys(*keys)).value() == *keys);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const core::ByteView bytes(data + 1, size - 1);
  switch (data[0] % 7) {
    case 0:
      request(bytes);
      break;
    case 1:
      reply(bytes);
      break;
    case 2:
      event(bytes);
      break;
    case 3:
      hello(bytes);
      break;
    case 4: {
      const wire::FrameHead head = wire::get_frame_head(bytes);
      RUNARD_CHECK(head.size <= bytes.size());
      static_cast<void>(wire::split_message(bytes));
      break;
    }
    case 5:
      kept_keys(bytes);
      break;
    default: {
      wire::CborReader reader(bytes);
      reader.skip();
    }
  }
  return 0;
}
