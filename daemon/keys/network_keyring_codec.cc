// The bytes of a NetworkKeyring: README.md, "A network's keyring".
#include <algorithm>

#include "identity/name.h"
#include "keys/network_keyring.h"
#include "wire/cbor.h"

namespace runard::keys {
namespace {

using core::Errc;
using core::fail;
using wire::CborReader;
using wire::CborWriter;

constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kKeySize = 32;
constexpr std::size_t kTagSize = 16;
enum Key : std::uint64_t {
  kFormatKey = 1,
  kName = 2,
  kEpoch = 3,
  kFloors = 4,
  kVersions = 5,
  kSealed = 6,
  kMembers = 7,
};
constexpr std::size_t kPublicKeys = 5;
constexpr std::size_t kAllKeys = 7;

void write_public(CborWriter& writer, const NetworkKeyring& keyring) {
  writer.key(kFormatKey);
  writer.number(kFormat);
  writer.key(kName);
  writer.text(keyring.name);
  writer.key(kEpoch);
  writer.number(keyring.epoch);
  writer.key(kFloors);
  writer.array(2);
  writer.number(keyring.floors.encryption);
  writer.number(keyring.floors.decryption);
  writer.key(kVersions);
  writer.array(keyring.versions.size());
  for (const KeyVersion& version : keyring.versions) {
    writer.array(5);
    writer.number(version.version);
    writer.bytes(version.key.raw());
    writer.number(version.created_ms);
    writer.number(version.activates_ms);
    writer.number(version.retires_ms);
  }
}

void write_members(CborWriter& writer, const NetworkKeyring& keyring) {
  writer.key(kMembers);
  writer.array(keyring.members.size());
  for (const KeyringMember& member : keyring.members) {
    writer.array(5);
    writer.bytes(member.node.bytes);
    writer.number(member.key_version);
    writer.bytes(member.key.raw());
    writer.bytes(member.enc);
    writer.bytes(member.wrapped);
  }
}

// Reads one body; whatever is wrong ends in reader.fail().
class BodyReader {
 public:
  explicit BodyReader(core::ByteView body) : reader_(body) {}

  bool read(NetworkKeyring& keyring) {
    std::size_t keys = 0;
    reader_.map([&](std::uint64_t key) {
      ++keys;
      field(key, keyring);
    });
    return reader_.done() && keys == kAllKeys;
  }

 private:
  void field(std::uint64_t key, NetworkKeyring& keyring) {
    switch (key) {
      case kFormatKey:
        require(reader_.number() == kFormat);
        break;
      case kName:
        keyring.name = reader_.text();
        break;
      case kEpoch:
        keyring.epoch = number(kMaxTime);
        break;
      case kFloors:
        floors(keyring.floors);
        break;
      case kVersions:
        reader_.array(kMaxVersions, [&] { version(keyring.versions); });
        break;
      case kSealed:
        keyring.sealed = copy(reader_.bytes());
        break;
      case kMembers:
        reader_.array(kMaxMembers, [&] { member(keyring.members); });
        break;
      default:
        reader_.fail();
    }
  }

  void floors(Floors& floors) {
    std::size_t at = 0;
    reader_.array(2, [&] { (at++ == 0 ? floors.encryption : floors.decryption) = number32(); });
    require(at == 2);
  }

  void version(std::vector<KeyVersion>& versions) {
    std::size_t at = 0;
    std::uint64_t numbers[5] = {};
    std::optional<crypto::AgreementPublicKey> key;
    reader_.array(5, [&] {
      if (at == 1) {
        key = public_key();
      } else {
        numbers[at] = at == 0 ? number32() : number(kMaxTime);
      }
      ++at;
    });
    if (require(at == 5 && key.has_value())) {
      versions.push_back({static_cast<std::uint32_t>(numbers[0]), *std::move(key), numbers[2],
                          numbers[3], numbers[4]});
    }
  }

  void member(std::vector<KeyringMember>& members) {
    std::size_t at = 0;
    std::uint32_t key_version = 0;
    std::optional<core::NodeId> node;
    std::optional<crypto::AgreementPublicKey> key;
    core::Bytes enc;
    core::Bytes wrapped;
    reader_.array(5, [&] {
      switch (at++) {
        case 0:
          node = core::NodeId::from(reader_.bytes());
          break;
        case 1:
          key_version = static_cast<std::uint32_t>(number(UINT32_MAX));
          break;
        case 2:
          key = public_key();
          break;
        case 3:
          enc = copy(reader_.bytes());
          break;
        default:
          wrapped = copy(reader_.bytes());
      }
    });
    if (require(at == 5 && node && key && key_version > 0 && enc.size() == kKeySize &&
                wrapped.size() == kKeySize + kTagSize)) {
      members.push_back({*node, key_version, *std::move(key), std::move(enc), std::move(wrapped)});
    }
  }

  std::optional<crypto::AgreementPublicKey> public_key() {
    const core::ByteView raw = reader_.bytes();
    if (!reader_.ok()) {
      return std::nullopt;
    }
    auto key = crypto::AgreementPublicKey::from_raw(crypto::Kem::kX25519, raw);
    return key ? std::optional(*std::move(key)) : std::nullopt;
  }

  std::uint64_t number(std::uint64_t most) {
    const std::uint64_t value = reader_.number();
    require(value <= most);
    return value;
  }
  // Below the highest, so that the one after it is a version as well.
  std::uint32_t number32() { return static_cast<std::uint32_t>(number(UINT32_MAX - 1)); }
  bool require(bool good) {
    if (!good) {
      reader_.fail();
    }
    return good && reader_.ok();
  }
  static core::Bytes copy(core::ByteView bytes) { return {bytes.begin(), bytes.end()}; }

  CborReader reader_;
};

// Each ends no earlier than the next one begins; the newest has no end.
std::string_view fault_of_versions(const std::vector<KeyVersion>& versions) {
  if (versions.empty()) {
    return "it has no version";
  }
  for (std::size_t i = 0; i < versions.size(); ++i) {
    const bool newest = i + 1 == versions.size();
    if (versions[i].version == 0 || (i > 0 && versions[i - 1].version >= versions[i].version)) {
      return "its versions are not in order";
    }
    if (newest ? versions[i].retires_ms != 0
               : versions[i + 1].activates_ms < versions[i].activates_ms ||
                     versions[i].retires_ms < versions[i + 1].activates_ms) {
      return "the times of its versions leave a gap";
    }
  }
  return {};
}

std::string_view fault_of(const NetworkKeyring& keyring) {
  if (!identity::valid_name(keyring.name)) {
    return "its name has characters that names can't have";
  }
  if (const std::string_view fault = fault_of_versions(keyring.versions); !fault.empty()) {
    return fault;
  }
  if (keyring.floors.encryption > keyring.versions.back().version ||
      keyring.floors.decryption > keyring.versions.front().version) {
    return "its floors are above its versions";
  }
  if (keyring.sealed.size() != keyring.versions.size() * kKeySize + kTagSize) {
    return "its sealed part has another size";
  }
  const auto not_ascending = [](const KeyringMember& a, const KeyringMember& b) {
    return a.node >= b.node;
  };
  return std::ranges::adjacent_find(keyring.members, not_ascending) == keyring.members.end()
             ? ""
             : "its members are not in order";
}

}  // namespace

core::Result<NetworkKeyring> NetworkKeyring::parse(core::ByteView body) {
  NetworkKeyring keyring;
  if (!BodyReader(body).read(keyring)) {
    return fail(Errc::kKeyringInvalid, "a network's keyring is not well formed");
  }
  if (const std::string_view fault = fault_of(keyring); !fault.empty()) {
    return fail(Errc::kKeyringInvalid, "a network's keyring is wrong: " + std::string(fault));
  }
  return keyring;
}

core::Bytes NetworkKeyring::bytes() const {
  core::Bytes out;
  CborWriter writer(out);
  writer.map(kAllKeys);
  write_public(writer, *this);
  writer.key(kSealed);
  writer.bytes(sealed);
  write_members(writer, *this);
  return out;
}

core::Bytes NetworkKeyring::public_part() const {
  core::Bytes out;
  CborWriter writer(out);
  writer.map(kPublicKeys);
  write_public(writer, *this);
  return out;
}

}  // namespace runard::keys
