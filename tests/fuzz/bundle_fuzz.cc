// links: identity
// A bundle that parses is byte for byte what is written again, and checking it never goes wrong.
#include <cstddef>
#include <cstdint>

#include "core/check.h"
#include "identity/bundle.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using runard::identity::Bundle;
  const auto bundle = Bundle::parse(runard::core::as_text({data, size}));
  if (bundle) {
    const std::string text = bundle->text();
    const auto again = Bundle::parse(text);
    RUNARD_CHECK(again.has_value() && again->text() == text);
    (void)check_bundle(*bundle, runard::core::WallTime(std::chrono::seconds(1'750'000'000)));
  }
  return 0;
}
