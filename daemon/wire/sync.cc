#include "wire/sync.h"

#include <algorithm>

#include "wire/fields.h"

namespace runard::wire {
namespace {

core::Error malformed(const char* what) {
  return core::fail(core::Errc::kMalformedFrame, what);
}

PeerHint read_hint(CborReader& in) {
  PeerHint hint;
  in.map([&](std::uint64_t key) {
    if (key == 1) {
      hint.node = core::NodeId::from(in.bytes()).value_or(core::NodeId{});
    } else if (key == 2) {
      in.array(kMaxHintAddresses, [&] {
        const auto address = Address::decode(in.bytes());
        if (address) {
          hint.addresses.push_back(*address);
        } else {
          in.fail();
        }
      });
    } else {
      in.skip();
    }
  });
  if (hint.node.is_zero() || hint.addresses.empty()) {
    in.fail();
  }
  return hint;
}

void put(core::Bytes& out, const PeerHint& hint) {
  Fields fields(out);
  fields.key(1).bytes(hint.node.bytes);
  const std::size_t count = std::min(hint.addresses.size(), kMaxHintAddresses);
  fields.key(2).array(count);
  for (std::size_t i = 0; i < count; ++i) {
    CborWriter(out).bytes(hint.addresses[i].encoded());
  }
}

}  // namespace

core::Bytes encode(const RowsChunk& chunk) {
  core::Bytes out;
  out.reserve(chunk.body.size() + 40);
  {
    Fields fields(out);
    fields.number(1, chunk.update);
    fields.number(2, chunk.index);
    fields.number(3, chunk.count);
    fields.key(4).bytes(chunk.body);
  }
  return out;
}

core::Result<RowsChunk> decode_rows_chunk(core::ByteView bytes) {
  CborReader in(bytes);
  RowsChunk chunk;
  in.map([&](std::uint64_t key) {
    switch (key) {
      case 1:
        chunk.update = in.number();
        return;
      case 2:
        chunk.index = in.number();
        return;
      case 3:
        chunk.count = in.number();
        return;
      case 4:
        chunk.body = in.bytes();
        return;
      default:
        in.skip();
    }
  });
  if (!in.done() || chunk.update == 0 || chunk.index >= chunk.count || chunk.body.empty() ||
      chunk.body.size() > RowsChunk::kMaxBody) {
    return malformed("chunk of a registry update");
  }
  return chunk;
}

core::Bytes encode(const Heartbeat& heartbeat) {
  core::Bytes out;
  {
    Fields fields(out);
    fields.number(1, heartbeat.version);
  }
  return out;
}

core::Result<Heartbeat> decode_heartbeat(core::ByteView bytes) {
  CborReader in(bytes);
  Heartbeat heartbeat;
  in.map([&](std::uint64_t key) {
    if (key == 1) {
      heartbeat.version = in.number();
    } else {
      in.skip();
    }
  });
  return in.done() ? core::Result<Heartbeat>(heartbeat) : malformed("heartbeat");
}

core::Bytes encode(const std::vector<PeerHint>& hints) {
  core::Bytes out;
  {
    Fields fields(out);
    const std::size_t count = std::min(hints.size(), kMaxPeerHints);
    fields.key(1).array(count);
    for (std::size_t i = 0; i < count; ++i) {
      put(out, hints[i]);
    }
  }
  return out;
}

core::Result<std::vector<PeerHint>> decode_peer_hints(core::ByteView bytes) {
  CborReader in(bytes);
  std::vector<PeerHint> hints;
  in.map([&](std::uint64_t key) {
    if (key == 1) {
      in.array(kMaxPeerHints, [&] { hints.push_back(read_hint(in)); });
    } else {
      in.skip();
    }
  });
  if (!in.done()) {
    return malformed("peer exchange");
  }
  return hints;
}

core::Bytes empty_body() {
  core::Bytes out;
  CborWriter(out).map(0);
  return out;
}

core::Result<void> decode_empty_body(core::ByteView bytes) {
  CborReader in(bytes);
  in.map([&](std::uint64_t) { in.skip(); });
  if (!in.done()) {
    return malformed("control frame");
  }
  return {};
}

}  // namespace runard::wire
