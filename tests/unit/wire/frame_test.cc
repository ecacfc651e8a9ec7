#include "wire/frame.h"

#include <catch2/catch_test_macros.hpp>

#include "support/hex.h"
#include "wire/utf8.h"
#include "wire/varint.h"

using namespace runard;
using core::Bytes;
using test::from_hex;
using test::to_hex;

TEST_CASE("varints are those of RFC 9000, appendix A.1") {
  const std::pair<std::uint64_t, const char*> samples[] = {
      {151288809941952652ULL, "c2197c5eff14e88c"},
      {494878333, "9d7f3e7d"},
      {15293, "7bbd"},
      {37, "25"},
      {0, "00"},
      {63, "3f"},
      {64, "4040"},
      {wire::kMaxVarint, "ffffffffffffffff"}};
  for (const auto& [value, hex] : samples) {
    std::uint8_t out[8];
    const std::size_t size = wire::put_varint(value, out);
    CHECK(to_hex({out, size}) == hex);
    CHECK(wire::varint_size(value) == size);
    const wire::Varint back = wire::get_varint({out, size});
    CHECK(back.value == value);
    CHECK(back.size == size);
    CHECK(wire::get_varint({out, size - 1}).size == 0);
  }
  CHECK(wire::get_varint(from_hex("4025")).value == 37);
}

TEST_CASE("a frame is its type, its length and its body") {
  Bytes out;
  wire::put_frame(wire::kRequest, from_hex("010203"), out);
  wire::put_frame(0x1234, Bytes(100, 7), out);
  CHECK(to_hex(core::ByteView(out).first(9)) == "050301020352344064");

  const wire::FrameHead first = wire::get_frame_head(out);
  CHECK(first.type == wire::kRequest);
  CHECK(first.length == 3);
  CHECK(first.size == 2);
  const wire::FrameHead second = wire::get_frame_head(core::ByteView(out).subspan(5));
  CHECK(second.type == 0x1234);
  CHECK(second.length == 100);
  CHECK(wire::frame_head_size(0x1234, 100) == second.size);
}

TEST_CASE("the head of a frame may arrive byte by byte") {
  const Bytes bytes = from_hex("52344064");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK(wire::get_frame_head(core::ByteView(bytes).first(size)).size == 0);
  }
}

TEST_CASE("odd frame types are critical") {
  CHECK(wire::is_critical(wire::kHello));
  CHECK(wire::is_critical(wire::kRequest));
  CHECK(wire::is_critical(wire::kReply));
  CHECK(wire::is_critical(wire::kEvent));
  CHECK_FALSE(wire::is_critical(wire::kDrain));
  CHECK_FALSE(wire::is_critical(wire::kFirstOpaque));
}

TEST_CASE("text on the wire is UTF-8") {
  CHECK(wire::valid_utf8(core::as_bytes("plain text of more than eight bytes")));
  CHECK(wire::valid_utf8(core::as_bytes("grüße, 例え, 🙂 and more")));
  CHECK(wire::valid_utf8({}));
  for (const char* hex : {"80", "c0af", "e08080", "eda080", "f0808080", "f4908080", "fe", "61c3",
                          "6162636465666768ff"}) {
    CHECK_FALSE(wire::valid_utf8(from_hex(hex)));
  }
}
