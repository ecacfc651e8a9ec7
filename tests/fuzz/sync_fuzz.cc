// links: wire
// The first byte chooses the decoder; what is accepted must survive a second round.
#include <cstddef>
#include <cstdint>

#include "core/check.h"
#include "wire/keys_held.h"
#include "wire/past.h"
#include "wire/sync.h"

namespace {

template <class Decode>
void twice(Decode decode) {
  const auto first = decode();
  if (first.has_value()) {
    (void)runard::wire::encode(*first);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace wire = runard::wire;
  constexpr std::size_t kMemory = 1 << 20;
  if (size == 0) {
    return 0;
  }
  const runard::core::ByteView body(data + 1, size - 1);
  switch (data[0] % 8) {
    case 0: {
      const auto first = wire::decode_update(body, kMemory);
      if (first.has_value()) {
        const auto second = wire::decode_update(wire::encode(*first), kMemory);
        RUNARD_CHECK(second.has_value() && *second == *first);
      }
      break;
    }
    case 1:
      twice([&] { return wire::decode_rows_chunk(body); });
      break;
    case 2:
      twice([&] { return wire::decode_heartbeat(body); });
      break;
    case 3:
      twice([&] { return wire::decode_peer_hints(body); });
      break;
    case 4:
      twice([&] { return wire::decode_past_query(body); });
      break;
    case 5:
      twice([&] { return wire::decode_past_page(body, "main", {}); });
      break;
    case 6:
      twice([&] { return wire::decode_keys_held(body); });
      break;
    default:
      (void)wire::decode_empty_body(body);
  }
  return 0;
}
