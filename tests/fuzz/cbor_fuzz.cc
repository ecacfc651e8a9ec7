// links: sdk
// CBOR and JSON of the plugin SDK: whatever the bytes, readers end, stay inside and agree with the
// writer.
#include <cstdlib>
#include <runar/cbor_json.hpp>

namespace {

void must(bool good) {
  if (!good) {
    std::abort();
  }
}

// What is readable as JSON is, written again, canonical and shown the same.
void through_json(std::span<const std::uint8_t> bytes) {
  runar::cbor::Limits limits;
  limits.max_memory = 1U << 20;
  limits.max_depth = 60;  // a redacted field becomes an object, one deeper
  std::string text;
  if (!runar::cbor_to_json(bytes, text, limits).empty()) {
    return;
  }
  runar::cbor::Writer writer;
  must(runar::json_to_cbor(text, writer).empty());
  limits.strict = true;
  runar::cbor::Reader reader(writer.bytes(), limits);
  reader.skip();
  reader.expect_end();
  must(reader.ok());
  std::string again;
  must(runar::cbor_to_json(writer.bytes(), again).empty());
}

void as_json_text(std::span<const std::uint8_t> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  runar::json::Value value;
  if (!runar::json::parse(text, value).empty()) {
    return;
  }
  runar::json::Value again;
  must(runar::json::parse(runar::json::to_text(value), again).empty());
  must(again == value);
}

void skipped(std::span<const std::uint8_t> bytes, bool strict) {
  runar::cbor::Limits limits;
  limits.strict = strict;
  runar::cbor::Reader reader(bytes, limits);
  reader.skip();
  must(reader.offset() <= bytes.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> bytes(data, size);
  skipped(bytes, false);
  skipped(bytes, true);
  through_json(bytes);
  as_json_text(bytes);
  return 0;
}
