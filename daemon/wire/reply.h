// The header of a REPLY frame. Byte table: README.md.
#pragma once

#include "wire/message.h"

namespace runard::wire {

struct ReplyHeader {
  core::Errc code = {};  // zero: ok. A number that this version does not know is kept as it is.
  std::int32_t app_code = 0;
  core::Executed executed = core::Executed::kYes;
  rpc::Encoding encoding = rpc::Encoding::kRaw;
  std::uint64_t type = 0;    // of the payload
  std::string_view message;  // cut to kMaxMessage when sent
};

// Appends the frame up to the payload.
void put_reply(const ReplyHeader& header, std::size_t payload, core::Bytes& out);
// The message is borrowed from `header`.
core::Result<ReplyHeader> get_reply(core::ByteView header);

}  // namespace runard::wire
