// links: discovery
// What is accepted must survive a second round, byte for byte apart from unknown flags.
#include <cstddef>
#include <cstdint>

#include "core/check.h"
#include "discovery/announcement.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace discovery = runard::discovery;
  const auto first = discovery::decode_announcement({data, size});
  if (first.has_value()) {
    const auto second = discovery::decode_announcement(discovery::encode(*first));
    RUNARD_CHECK(second.has_value() && *second == *first);
  }
  return 0;
}
