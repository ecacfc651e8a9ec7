#include "wire/request.h"

#include <algorithm>

#include "wire/frame.h"

namespace runard::wire {
namespace {

// bits, encoding, depth, one reserved, network, trace, type, remaining
constexpr std::size_t kFixed = 4 + 16 + 8 + 8 + 8;

bool known_encoding(std::uint8_t encoding) {
  return encoding <= static_cast<std::uint8_t>(rpc::Encoding::kSealed);
}

}  // namespace

std::uint64_t remaining_us(core::TimePoint deadline, core::TimePoint now) {
  if (deadline == core::kNever) {
    return 0;
  }
  const auto left = std::chrono::duration_cast<std::chrono::microseconds>(deadline - now).count();
  return left > 0 ? static_cast<std::uint64_t>(left) : 1;
}

core::TimePoint deadline_after(std::uint64_t remaining_us, core::TimePoint now) {
  constexpr std::uint64_t kLongest = 1000ULL * 1000 * 3600 * 24 * 365;
  if (remaining_us == 0) {
    return core::kNever;
  }
  return now + std::chrono::microseconds(std::min(remaining_us, kLongest));
}

core::Result<void> put_request(const RequestHeader& header, std::span<const rpc::Pair> meta,
                               std::size_t payload, core::Bytes& out) {
  if (header.path.size() > kMaxTopic || header.service.size() > kMaxName || !meta_fits(meta)) {
    return core::fail(core::Errc::kInvalidArgument, std::string(header.path.substr(0, 64)),
                      core::Executed::kNo);
  }
  const std::size_t size = kFixed + text_size(header.path) + text_size(header.service) +
                           meta_size(meta) + profile_size(header.profile);
  if (size > kMaxHeader) {
    return core::fail(core::Errc::kTooLarge, "request metadata", core::Executed::kNo);
  }
  ByteWriter writer = begin_message(kRequest, size, payload, out);
  writer.number(header.bits);
  writer.number(static_cast<std::uint8_t>(header.encoding));
  writer.number(header.depth);
  writer.number(std::uint8_t{0});
  writer.raw(header.network.bytes);
  writer.number(header.trace);
  writer.number(header.type);
  writer.number(header.remaining_us);
  writer.text(header.path);
  writer.text(header.service);
  put_meta(meta, writer);
  put_profile(header.profile, writer);
  return {};
}

core::Result<RequestHeader> get_request(core::ByteView bytes, MetaList& meta) {
  ByteReader reader(bytes);
  RequestHeader header;
  header.bits = reader.number<std::uint8_t>();
  const auto encoding = reader.number<std::uint8_t>();
  header.depth = reader.number<std::uint8_t>();
  reader.number<std::uint8_t>();
  header.network = core::NetworkId::from(reader.take(16)).value_or(core::NetworkId{});
  header.trace = reader.number<std::uint64_t>();
  header.type = reader.number<std::uint64_t>();
  header.remaining_us = reader.number<std::uint64_t>();
  header.path = reader.text(kMaxTopic);
  header.service = reader.text(kMaxName);
  get_meta(reader, meta);
  header.profile = get_profile(reader);
  if (!reader.ok() || !known_encoding(encoding)) {
    return core::fail(core::Errc::kMalformedFrame, "request", core::Executed::kNo);
  }
  header.encoding = static_cast<rpc::Encoding>(encoding);
  return header;
}

}  // namespace runard::wire
