#include "keys/profile_certificate.h"

#include <algorithm>
#include <optional>

#include "identity/name.h"
#include "keys/network_keyring.h"
#include "wire/cbor.h"

namespace runard::keys {
namespace {

using core::Errc;
using core::fail;

constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kAllKeys = 6;
enum Key : std::uint64_t {
  kFormatKey = 1,
  kName = 2,
  kVersion = 3,
  kPublic = 4,
  kNodes = 5,
  kNotAfter = 6,
};

// As read, before it is known to be whole.
struct Draft {
  std::string name;
  std::uint64_t version = 0;
  std::optional<crypto::AgreementPublicKey> key;
  std::vector<core::NodeId> nodes;
  std::uint64_t not_after = 0;
  std::size_t keys = 0;
};

void read_node(wire::CborReader& reader, std::vector<core::NodeId>& nodes) {
  const auto node = core::NodeId::from(reader.bytes());
  if (!node || (!nodes.empty() && nodes.back() >= *node)) {
    reader.fail();
    return;
  }
  nodes.push_back(*node);
}

void read_key(wire::CborReader& reader, Draft& draft) {
  const auto key = crypto::AgreementPublicKey::from_raw(crypto::Kem::kX25519, reader.bytes());
  if (key) {
    draft.key = *key;
  } else {
    reader.fail();
  }
}

void read_field(wire::CborReader& reader, std::uint64_t key, Draft& draft) {
  switch (key) {
    case kFormatKey:
      if (reader.number() != kFormat) {
        reader.fail();
      }
      break;
    case kName:
      draft.name = reader.text();
      break;
    case kVersion:
      draft.version = reader.number();
      break;
    case kPublic:
      read_key(reader, draft);
      break;
    case kNodes:
      reader.array(kMaxProfileNodes, [&] { read_node(reader, draft.nodes); });
      break;
    case kNotAfter:
      draft.not_after = reader.number();
      break;
    default:
      reader.fail();
  }
}

}  // namespace

core::Result<ProfileCertificate> ProfileCertificate::parse(core::ByteView body) {
  wire::CborReader reader(body);
  Draft draft;
  reader.map([&](std::uint64_t key) {
    ++draft.keys;
    read_field(reader, key, draft);
  });
  if (!reader.done() || draft.keys != kAllKeys || !draft.key || !identity::valid_name(draft.name) ||
      draft.version == 0 || draft.version >= UINT32_MAX || draft.not_after > kMaxTime) {
    return fail(Errc::kProfileInvalid, "a profile's certificate is not well formed");
  }
  return ProfileCertificate{std::move(draft.name), static_cast<std::uint32_t>(draft.version),
                            *std::move(draft.key), std::move(draft.nodes), draft.not_after};
}

core::Bytes ProfileCertificate::bytes() const {
  core::Bytes out;
  wire::CborWriter writer(out);
  writer.map(kAllKeys);
  writer.key(kFormatKey);
  writer.number(kFormat);
  writer.key(kName);
  writer.text(name);
  writer.key(kVersion);
  writer.number(version);
  writer.key(kPublic);
  writer.bytes(key.raw());
  writer.key(kNodes);
  writer.array(nodes.size());
  for (const core::NodeId& node : nodes) {
    writer.bytes(node.bytes);
  }
  writer.key(kNotAfter);
  writer.number(not_after_ms);
  return out;
}

}  // namespace runard::keys
