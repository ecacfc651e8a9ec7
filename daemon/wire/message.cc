#include "wire/message.h"

#include <algorithm>

#include "wire/frame.h"

namespace runard::wire {

core::Result<MessageParts> split_message(core::ByteView body) {
  ByteReader reader(body);
  const auto length = reader.number<std::uint16_t>();
  const core::ByteView header = reader.take(length);
  if (!reader.ok() || length > kMaxHeader) {
    return core::fail(core::Errc::kMalformedFrame, "header length");
  }
  return MessageParts{header, body.subspan(2 + std::size_t{length})};
}

bool meta_fits(std::span<const rpc::Pair> meta) {
  return meta.size() <= kMaxMeta && std::ranges::all_of(meta, [](const rpc::Pair& pair) {
           return pair.key.size() <= kMaxName;
         });
}

std::size_t meta_size(std::span<const rpc::Pair> meta) {
  std::size_t size = varint_size(meta.size());
  for (const rpc::Pair& pair : meta) {
    size += text_size(pair.key) + text_size(pair.value);
  }
  return size;
}

void put_meta(std::span<const rpc::Pair> meta, ByteWriter& writer) {
  writer.varint(meta.size());
  for (const rpc::Pair& pair : meta) {
    writer.text(pair.key);
    writer.text(pair.value);
  }
}

void get_meta(ByteReader& reader, MetaList& meta) {
  const std::uint64_t count = reader.varint();
  meta.clear();
  if (count > meta.capacity()) {
    reader.fail();
    return;
  }
  while (meta.size() < count) {
    const std::string_view key = reader.text(kMaxName);
    meta.add({key, reader.text(kMaxHeader)});
  }
}

ByteWriter begin_message(std::uint64_t frame_type, std::size_t header, std::size_t payload,
                         core::Bytes& out) {
  put_frame_head(frame_type, 2 + header + payload, out);
  const std::size_t start = out.size();
  out.resize(start + 2 + header);
  ByteWriter writer(out.data() + start);
  writer.number(static_cast<std::uint16_t>(header));
  return writer;
}

}  // namespace runard::wire
