#include "wire/reply.h"

#include "wire/frame.h"

namespace runard::wire {
namespace {

constexpr std::size_t kFixed = 1 + 1 + 2 + 4 + 8;  // executed, encoding, code, app code, type

// Never in the middle of a character.
std::string_view cut(std::string_view text) {
  if (text.size() <= kMaxMessage) {
    return text;
  }
  std::size_t size = kMaxMessage;
  while (size > 0 && (static_cast<std::uint8_t>(text[size]) & 0xc0) == 0x80) {
    --size;
  }
  return text.substr(0, size);
}

}  // namespace

void put_reply(const ReplyHeader& header, std::size_t payload, core::Bytes& out) {
  // A service's own text may be anything; what is no UTF-8 is left out.
  const std::string_view message =
      valid_utf8(core::as_bytes(header.message)) ? cut(header.message) : std::string_view{};
  ByteWriter writer = begin_message(kReply, kFixed + text_size(message), payload, out);
  writer.number(static_cast<std::uint8_t>(header.executed));
  writer.number(static_cast<std::uint8_t>(header.encoding));
  writer.number(static_cast<std::uint16_t>(header.code));
  writer.number(static_cast<std::uint32_t>(header.app_code));
  writer.number(header.type);
  writer.text(message);
}

core::Result<ReplyHeader> get_reply(core::ByteView bytes) {
  ByteReader reader(bytes);
  ReplyHeader header;
  const auto executed = reader.number<std::uint8_t>();
  const auto encoding = reader.number<std::uint8_t>();
  header.code = static_cast<core::Errc>(reader.number<std::uint16_t>());
  header.app_code = static_cast<std::int32_t>(reader.number<std::uint32_t>());
  header.type = reader.number<std::uint64_t>();
  header.message = reader.text(kMaxMessage);
  if (!reader.ok() || executed > static_cast<std::uint8_t>(core::Executed::kYes) ||
      encoding > static_cast<std::uint8_t>(rpc::Encoding::kSealed)) {
    return core::fail(core::Errc::kMalformedFrame, "reply");
  }
  header.executed = static_cast<core::Executed>(executed);
  header.encoding = static_cast<rpc::Encoding>(encoding);
  return header;
}

}  // namespace runard::wire
