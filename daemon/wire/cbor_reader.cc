#include "wire/cbor.h"

#include "wire/utf8.h"

namespace runard::wire {

CborReader::Head CborReader::head() {
  const core::ByteView initial = take(1);
  if (initial.empty()) {
    return {};
  }
  Head head{static_cast<std::uint8_t>(initial[0] >> 5), static_cast<std::uint8_t>(initial[0] & 31),
            static_cast<std::uint64_t>(initial[0] & 31)};
  if (head.info < 24) {
    return head;
  }
  if (head.info > 27) {  // reserved, or an indefinite length
    fail();
    return {};
  }
  head.argument = 0;
  for (const std::uint8_t byte : take(std::uint64_t{1} << (head.info - 24))) {
    head.argument = (head.argument << 8) | byte;
  }
  constexpr std::uint64_t kSmallest[] = {24, 0x100, 0x10000, 0x100000000};
  if (head.argument < kSmallest[head.info - 24]) {
    fail();
  }
  return head;
}

std::uint64_t CborReader::expect(std::uint8_t major) {
  const Head got = head();
  if (!ok_ || got.major != major) {
    fail();
    return 0;
  }
  return got.argument;
}

// An element is a byte at least, so a count beyond what is left can't be true.
std::uint64_t CborReader::enter(std::uint8_t major) {
  const std::uint64_t count = expect(major);
  if (++depth_ > kMaxCborDepth || count > bytes_.size()) {
    fail();
  }
  return ok_ ? count : 0;
}

core::ByteView CborReader::take(std::uint64_t size) {
  if (!ok_ || size > bytes_.size()) {
    fail();
    return {};
  }
  const core::ByteView taken = bytes_.first(static_cast<std::size_t>(size));
  bytes_ = bytes_.subspan(taken.size());
  return taken;
}

std::uint64_t CborReader::number() {
  return expect(0);
}

std::int64_t CborReader::integer() {
  const Head got = head();
  if (!ok_ || got.major > 1 || got.argument > static_cast<std::uint64_t>(INT64_MAX)) {
    fail();
    return 0;
  }
  const auto magnitude = static_cast<std::int64_t>(got.argument);
  return got.major == 0 ? magnitude : -magnitude - 1;
}

core::ByteView CborReader::bytes() {
  return take(expect(2));
}

std::string_view CborReader::text() {
  const core::ByteView raw = take(expect(3));
  if (!valid_utf8(raw)) {
    fail();
    return {};
  }
  return core::as_text(raw);
}

bool CborReader::boolean() {
  const std::uint64_t value = expect(7);
  if (value != 20 && value != 21) {
    fail();
  }
  return ok_ && value == 21;
}

// Walks nested values with a counter instead of recursion: a peer chooses the depth.
void CborReader::skip() {
  std::uint64_t left[kMaxCborDepth + 1] = {1};
  std::size_t level = 0;
  while (ok_) {
    while (left[level] == 0) {
      if (level == 0) {
        return;
      }
      --level;
    }
    --left[level];
    const Head got = head();
    if (got.major == 2 || got.major == 3) {
      take(got.argument);
    } else if (got.major == 4 || got.major == 5) {
      if (depth_ + level + 1 > kMaxCborDepth || got.argument > bytes_.size()) {
        return fail();
      }
      left[++level] = got.major == 4 ? got.argument : 2 * got.argument;
    } else if (got.major == 6 || (got.major == 7 && (got.info < 20 || got.info > 23))) {
      return fail();
    }
  }
}

}  // namespace runard::wire
