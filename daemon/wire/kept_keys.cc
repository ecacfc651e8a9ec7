#include "wire/kept_keys.h"

#include "core/check.h"
#include "wire/cbor.h"

namespace runard::wire {

core::Bytes encode_kept_keys(std::span<const KeptKey> keys) {
  RUNARD_CHECK(keys.size() <= kMaxKeptKeys);
  core::Bytes out;
  CborWriter writer(out);
  writer.map(1);
  writer.key(1);
  writer.array(keys.size());
  for (const KeptKey& key : keys) {
    writer.bytes(key.bytes);
  }
  return out;
}

core::Result<std::vector<KeptKey>> decode_kept_keys(core::ByteView bytes) {
  CborReader in(bytes);
  std::vector<KeptKey> keys;
  in.map([&](std::uint64_t key) {
    if (key != 1) {
      return in.skip();
    }
    in.array(kMaxKeptKeys, [&] {
      if (const auto kept = KeptKey::from(in.bytes())) {
        keys.push_back(*kept);
      } else {
        in.fail();
      }
    });
  });
  if (!in.done()) {
    return core::fail(core::Errc::kMalformedFrame, "kept keys");
  }
  return keys;
}

}  // namespace runard::wire
