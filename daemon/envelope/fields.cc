#include "envelope/fields.h"

#include <runar/cbor/reader.hpp>

#include "envelope/limits.h"

namespace runard::envelope {

using core::Errc;
using runar::cbor::Reader;

bool is_canonical(core::ByteView cbor, std::size_t depth) {
  runar::cbor::Limits limits;
  limits.strict = true;
  limits.max_depth = depth;
  Reader reader(cbor, limits);
  reader.skip();
  reader.expect_end();
  return reader.ok();
}

Errc check_fields(core::ByteView cbor) {
  Reader reader(cbor);
  const auto head = reader.head();
  if (head.kind != runar::cbor::Kind::kMap) {
    return Errc::kEnvelopeMalformed;
  }
  if (head.value > kMaxFields) {
    return Errc::kEnvelopeLimit;
  }
  std::string scratch;
  for (std::uint64_t i = 0; i < head.value; ++i) {
    const std::string_view path = reader.text(scratch);
    reader.skip();
    if (!reader.ok() || path.empty()) {
      return Errc::kEnvelopeMalformed;
    }
    if (path.size() > kMaxFieldPath) {
      return Errc::kEnvelopeLimit;
    }
  }
  return Errc{};
}

FieldReader::FieldReader(core::ByteView cbor) {
  Reader reader(cbor);
  count_ = static_cast<std::size_t>(reader.head().value);
  left_ = cbor.subspan(reader.offset());
}

bool FieldReader::next(Field& field) {
  if (count_ == 0) {
    return false;
  }
  --count_;
  Reader reader(left_);
  std::string scratch;
  field.path = reader.text(scratch);
  field.value = reader.raw();
  left_ = left_.subspan(reader.offset());
  return reader.ok();
}

}  // namespace runard::envelope
