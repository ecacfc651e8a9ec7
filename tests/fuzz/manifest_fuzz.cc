// links: plugin_host
// Any bytes as a plugin file, and as the manifest inside one.
#include "plugin_host/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace runard;
  const core::ByteView bytes(data, size);
  static_cast<void>(plugin_host::read_manifest(bytes));
  static_cast<void>(plugin_host::parse_manifest(core::as_text(bytes)));
  return 0;
}
