#include "wire/event.h"

#include <algorithm>

#include "wire/frame.h"

namespace runard::wire {
namespace {

constexpr std::size_t kFixed = 2 + 16 + 4 * 8;

std::size_t groups_size(std::span<const std::string_view> groups) {
  std::size_t size = varint_size(groups.size());
  for (const std::string_view group : groups) {
    size += text_size(group);
  }
  return size;
}

bool groups_fit(std::span<const std::string_view> groups) {
  return groups.size() <= kMaxGroups && std::ranges::all_of(groups, [](std::string_view group) {
           return group.size() <= kMaxName;
         });
}

void get_groups(ByteReader& reader, GroupList& groups) {
  const std::uint64_t count = reader.varint();
  groups.clear();
  if (count > groups.capacity()) {
    reader.fail();
    return;
  }
  while (groups.size() < count) {
    groups.add(reader.text(kMaxName));
  }
}

}  // namespace

core::Result<void> put_event(const EventHeader& header, std::span<const rpc::Pair> meta,
                             std::span<const std::string_view> groups, std::size_t payload,
                             core::Bytes& out) {
  if (header.topic.size() > kMaxTopic || header.publisher.size() > kMaxName || !meta_fits(meta) ||
      !groups_fit(groups)) {
    return core::fail(core::Errc::kInvalidArgument, std::string(header.topic.substr(0, 64)),
                      core::Executed::kNo);
  }
  const std::size_t size = kFixed + text_size(header.topic) + text_size(header.publisher) +
                           groups_size(groups) + meta_size(meta) + profile_size(header.owner);
  if (size > kMaxHeader) {
    return core::fail(core::Errc::kTooLarge, "event metadata", core::Executed::kNo);
  }
  ByteWriter writer = begin_message(kEvent, size, payload, out);
  writer.number(header.bits);
  writer.number(static_cast<std::uint8_t>(header.encoding));
  writer.raw(header.network.bytes);
  writer.number(header.instance);
  writer.number(header.sequence);
  writer.number(header.published_ms);
  writer.number(header.type);
  writer.text(header.topic);
  writer.text(header.publisher);
  writer.varint(groups.size());
  for (const std::string_view group : groups) {
    writer.text(group);
  }
  put_meta(meta, writer);
  put_profile(header.owner, writer);
  return {};
}

core::Result<EventHeader> get_event(core::ByteView bytes, EventLists& lists) {
  ByteReader reader(bytes);
  EventHeader header;
  header.bits = reader.number<std::uint8_t>();
  const auto encoding = reader.number<std::uint8_t>();
  header.network = core::NetworkId::from(reader.take(16)).value_or(core::NetworkId{});
  header.instance = reader.number<std::uint64_t>();
  header.sequence = reader.number<std::uint64_t>();
  header.published_ms = reader.number<std::uint64_t>();
  header.type = reader.number<std::uint64_t>();
  header.topic = reader.text(kMaxTopic);
  header.publisher = reader.text(kMaxName);
  get_groups(reader, lists.groups);
  get_meta(reader, lists.meta);
  header.owner = get_profile(reader);
  if (!reader.ok() || encoding > static_cast<std::uint8_t>(rpc::Encoding::kSealed)) {
    return core::fail(core::Errc::kMalformedFrame, "event");
  }
  header.encoding = static_cast<rpc::Encoding>(encoding);
  return header;
}

}  // namespace runard::wire
