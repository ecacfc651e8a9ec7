// links: keys
// A keystore's file that parses has the one header that its bytes encode; what is in it is read
// without a key (as damage before the tag's check would be) and never goes wrong.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/check.h"
#include "keys/keystore_body.h"
#include "keys/keystore_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace runard;
  const core::ByteView input(data, size);
  const auto file = keys::KeystoreFile::parse({data, data + size});
  if (file) {
    const core::Bytes header = file->header.encode();
    RUNARD_CHECK(std::ranges::equal(header, input.subspan(6, file->body_at - 6)));
    RUNARD_CHECK(!file->open(crypto::SecretBytes(keys::kKekSize)));
  }
  const auto entries = keys::decode_entries(input);
  if (entries) {
    const auto again = keys::encode_entries(*entries);
    RUNARD_CHECK(again.has_value() && std::ranges::equal(again->view(), input));
  }
  return 0;
}
