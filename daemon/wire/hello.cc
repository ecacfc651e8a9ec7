#include "wire/hello.h"

#include <algorithm>
#include <span>

#include "wire/cbor.h"
#include "wire/limits.h"

namespace runard::wire {
namespace {

enum Key : std::uint64_t {
  kWireMinKey = 1,
  kWireMaxKey = 2,
  kFeaturesKey = 3,
  kEpochKey = 4,
  kGenerationKey = 5,
  kNameKey = 6,
  kAddressesKey = 7,
  kNetworksKey = 8,
  kResetTokenKey = 9,
};

std::string short_text(CborReader& reader) {
  const std::string_view text = reader.text();
  if (text.size() > kMaxName) {
    reader.fail();
  }
  return std::string(text.substr(0, kMaxName));
}

void read_networks(CborReader& reader, Hello& hello) {
  reader.array(kMaxNetworks, [&] {
    const auto id = core::NetworkId::from(reader.bytes());
    if (id) {
      hello.networks.push_back(*id);
    } else {
      reader.fail();
    }
  });
}

void read_token(CborReader& reader, Hello& hello) {
  const core::ByteView token = reader.bytes();
  if (token.size() != std::tuple_size_v<ResetToken>) {
    return reader.fail();
  }
  std::copy(token.begin(), token.end(), hello.reset_token.emplace().begin());
}

void read_field(CborReader& reader, std::uint64_t key, Hello& hello) {
  switch (key) {
    case kWireMinKey:
      hello.wire_min = reader.number();
      break;
    case kWireMaxKey:
      hello.wire_max = reader.number();
      break;
    case kFeaturesKey:
      hello.features = reader.number();
      break;
    case kEpochKey:
      hello.epoch = reader.number();
      break;
    case kGenerationKey:
      hello.generation = reader.number();
      break;
    case kNameKey:
      hello.name = short_text(reader);
      break;
    case kAddressesKey:
      reader.array(kMaxAddresses, [&] { hello.addresses.push_back(short_text(reader)); });
      break;
    case kNetworksKey:
      read_networks(reader, hello);
      break;
    case kResetTokenKey:
      read_token(reader, hello);
      break;
    default:
      reader.skip();
  }
}

}  // namespace

void put_hello(const Hello& hello, core::Bytes& out) {
  CborWriter writer(out);
  writer.map(hello.reset_token ? 9 : 8);
  const auto number = [&](Key key, std::uint64_t value) {
    writer.key(key);
    writer.number(value);
  };
  number(kWireMinKey, hello.wire_min);
  number(kWireMaxKey, hello.wire_max);
  number(kFeaturesKey, hello.features);
  number(kEpochKey, hello.epoch);
  number(kGenerationKey, hello.generation);
  writer.key(kNameKey);
  writer.text(hello.name);
  writer.key(kAddressesKey);
  const auto addresses =
      std::span(hello.addresses).first(std::min(hello.addresses.size(), kMaxAddresses));
  writer.array(addresses.size());
  for (const std::string& address : addresses) {
    writer.text(address);
  }
  writer.key(kNetworksKey);
  writer.array(hello.networks.size());
  for (const core::NetworkId& network : hello.networks) {
    writer.bytes(network.bytes);
  }
  if (hello.reset_token) {
    writer.key(kResetTokenKey);
    writer.bytes(*hello.reset_token);
  }
}

core::Result<Hello> get_hello(core::ByteView body) {
  Hello hello;
  hello.wire_min = hello.wire_max = 0;
  CborReader reader(body);
  reader.map([&](std::uint64_t key) { read_field(reader, key, hello); });
  if (!reader.done() || hello.wire_min > hello.wire_max || hello.wire_max == 0) {
    return core::fail(core::Errc::kMalformedFrame, "hello");
  }
  return hello;
}

std::optional<std::uint64_t> common_version(const Hello& ours, const Hello& theirs) {
  const std::uint64_t highest = std::min(ours.wire_max, theirs.wire_max);
  const std::uint64_t lowest = std::max(ours.wire_min, theirs.wire_min);
  return highest >= lowest ? std::optional(highest) : std::nullopt;
}

}  // namespace runard::wire
