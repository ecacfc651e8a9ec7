#include "wire/cbor.h"

namespace runard::wire {

void CborWriter::head(std::uint8_t major, std::uint64_t argument) {
  const auto type = static_cast<std::uint8_t>(major << 5);
  if (argument < 24) {
    out_.push_back(static_cast<std::uint8_t>(type | argument));
    return;
  }
  const std::uint8_t log = argument <= 0xff         ? 0
                           : argument <= 0xffff     ? 1
                           : argument <= 0xffffffff ? 2
                                                    : 3;
  out_.push_back(static_cast<std::uint8_t>(type | (24 + log)));
  for (int shift = (8 << log) - 8; shift >= 0; shift -= 8) {
    out_.push_back(static_cast<std::uint8_t>(argument >> shift));
  }
}

void CborWriter::integer(std::int64_t value) {
  if (value < 0) {
    head(1, static_cast<std::uint64_t>(-(value + 1)));
  } else {
    head(0, static_cast<std::uint64_t>(value));
  }
}

void CborWriter::bytes(core::ByteView value) {
  head(2, value.size());
  out_.insert(out_.end(), value.begin(), value.end());
}

void CborWriter::text(std::string_view value) {
  const core::ByteView raw = core::as_bytes(value);
  head(3, raw.size());
  out_.insert(out_.end(), raw.begin(), raw.end());
}

}  // namespace runard::wire
