#include "wire/keys_held.h"

#include <algorithm>

#include "wire/fields.h"

namespace runard::wire {
namespace {

KeyHeld read_key(CborReader& in) {
  KeyHeld held;
  in.map([&](std::uint64_t key) {
    if (key == 1) {
      const auto network = core::NetworkId::from(in.bytes());
      if (network) {
        held.network = *network;
      } else {
        in.fail();
      }
    } else if (key == 2) {
      held.version = in.number();
    } else {
      in.skip();
    }
  });
  if (held.version == 0) {
    in.fail();
  }
  return held;
}

}  // namespace

core::Bytes encode(const std::vector<KeyHeld>& held) {
  core::Bytes out;
  {
    Fields fields(out);
    const std::size_t count = std::min(held.size(), kMaxKeysHeld);
    fields.key(1).array(count);
    for (std::size_t i = 0; i < count; ++i) {
      Fields one(out);
      one.key(1).bytes(held[i].network.bytes);
      one.number(2, held[i].version);
    }
  }
  return out;
}

core::Result<std::vector<KeyHeld>> decode_keys_held(core::ByteView bytes) {
  CborReader in(bytes);
  std::vector<KeyHeld> held;
  in.map([&](std::uint64_t key) {
    if (key == 1) {
      in.array(kMaxKeysHeld, [&] { held.push_back(read_key(in)); });
    } else {
      in.skip();
    }
  });
  if (!in.done()) {
    return core::fail(core::Errc::kMalformedFrame, "keys held");
  }
  return held;
}

}  // namespace runard::wire
