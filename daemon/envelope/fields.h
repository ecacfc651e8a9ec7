// The fields of a map from path to value, as the core has it in clear and each group sealed.
#pragma once

#include <cstddef>

#include "core/result.h"
#include "envelope/core.h"

namespace runard::envelope {

// Whether `cbor` is one item, and in the deterministic encoding, at most `depth` deep.
bool is_canonical(core::ByteView cbor, std::size_t depth);

// Of a map that is canonical CBOR: kEnvelopeMalformed when a key is no path, kEnvelopeLimit when
// there are too many or one is too long, else Errc{}.
core::Errc check_fields(core::ByteView cbor);

// Reads the fields of a map that was checked, in their order.
class FieldReader {
 public:
  explicit FieldReader(core::ByteView cbor);
  bool next(Field& field);

 private:
  core::ByteView left_;
  std::size_t count_;
};

}  // namespace runard::envelope
