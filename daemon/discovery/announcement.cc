#include "discovery/announcement.h"

#include <algorithm>
#include <array>

namespace runard::discovery {
namespace {

constexpr std::array<std::uint8_t, 4> kMagic = {'R', 'N', 'R', 'A'};
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kHeaderSize = 33;
enum Flag : std::uint8_t { kGoodbye = 1, kPleaseAnswer = 2 };
enum Family : std::uint8_t { kV4 = 4, kV6 = 6 };

void put(core::Bytes& out, std::uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::uint8_t>(value >> shift));
  }
}

std::uint64_t get(core::ByteView bytes) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes) {
    value = (value << 8) | byte;
  }
  return value;
}

core::Error malformed(const char* what) {
  return core::fail(core::Errc::kMalformedFrame, what);
}

core::Result<std::vector<wire::Address>> decode_addresses(core::ByteView rest, std::size_t count) {
  std::vector<wire::Address> addresses;
  for (; count > 0; --count) {
    if (rest.empty() || (rest[0] != kV4 && rest[0] != kV6)) {
      return malformed("announcement: an address of an unknown family");
    }
    const std::size_t size = rest[0] == kV4 ? wire::Address::kV4Size : wire::Address::kV6Size;
    if (rest.size() < 1 + size) {
      return malformed("announcement: cut short");
    }
    const auto address = wire::Address::decode(rest.subspan(1, size));
    if (!address || address->v4() != (rest[0] == kV4)) {
      return malformed("announcement: an address that can't be dialled");
    }
    addresses.push_back(*address);
    rest = rest.subspan(1 + size);
  }
  if (!rest.empty()) {
    return malformed("announcement: bytes after its end");
  }
  return addresses;
}

}  // namespace

core::Bytes encode(const Announcement& announcement) {
  const std::size_t count = std::min(announcement.addresses.size(), Announcement::kMaxAddresses);
  core::Bytes out(kMagic.begin(), kMagic.end());
  out.push_back(kVersion);
  out.push_back(static_cast<std::uint8_t>((announcement.goodbye ? kGoodbye : 0) |
                                          (announcement.please_answer ? kPleaseAnswer : 0)));
  out.insert(out.end(), announcement.node.bytes.begin(), announcement.node.bytes.end());
  put(out, announcement.boot, 8);
  put(out, announcement.port, 2);
  out.push_back(static_cast<std::uint8_t>(count));
  for (std::size_t i = 0; i < count; ++i) {
    const wire::Address& address = announcement.addresses[i];
    out.push_back(address.v4() ? kV4 : kV6);
    out.insert(out.end(), address.encoded().begin(), address.encoded().end());
  }
  return out;
}

core::Result<Announcement> decode_announcement(core::ByteView datagram) {
  if (datagram.size() < kHeaderSize || datagram.size() > Announcement::kMaxSize) {
    return malformed("announcement: wrong length");
  }
  if (!std::equal(kMagic.begin(), kMagic.end(), datagram.begin())) {
    return malformed("announcement: not one of runard");
  }
  if (datagram[4] != kVersion) {
    return core::fail(core::Errc::kVersionMismatch, "announcement: of another version");
  }
  Announcement announcement;
  announcement.goodbye = (datagram[5] & kGoodbye) != 0;
  announcement.please_answer = (datagram[5] & kPleaseAnswer) != 0;
  announcement.node = *core::NodeId::from(datagram.subspan(6, 16));
  announcement.boot = get(datagram.subspan(22, 8));
  announcement.port = static_cast<std::uint16_t>(get(datagram.subspan(30, 2)));
  if (announcement.node.is_zero() || announcement.port == 0 ||
      datagram[32] > Announcement::kMaxAddresses) {
    return malformed("announcement: a field out of range");
  }
  auto addresses = decode_addresses(datagram.subspan(kHeaderSize), datagram[32]);
  if (addresses.has_error()) {
    return addresses.error();
  }
  announcement.addresses = std::move(*addresses);
  return announcement;
}

}  // namespace runard::discovery
