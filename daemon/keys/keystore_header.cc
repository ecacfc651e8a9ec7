#include "keys/keystore_header.h"

#include <algorithm>
#include <runar/cbor/reader.hpp>
#include <runar/cbor/writer.hpp>

namespace runard::keys {
namespace {

using core::Errc;
using runar::cbor::Reader;
using runar::cbor::Writer;
using CborKind = runar::cbor::Kind;

constexpr std::uint64_t kVersion = 1;
constexpr std::uint64_t kKeys = 5;

// Reads the one form there is; the first failure stands.
class Parser {
 public:
  explicit Parser(core::ByteView cbor) : reader_(cbor, strict()) {}

  core::Result<KeystoreHeader> run() {
    expect(CborKind::kMap, kKeys);
    key(1);
    if (reader_.unsigned_int() != kVersion && reader_.ok()) {
      return core::fail(Errc::kKeystoreUnsupported, "another version of the keystore's format");
    }
    key(2);
    header_.generation = number(1, kMaxGeneration);
    key(3);
    blob(header_.node.bytes);
    key(4);
    read_kek();
    key(5);
    blob(header_.salt);
    reader_.expect_end();
    if (!reader_.ok()) {
      return core::fail(Errc::kKeystoreDamaged, "the header is not well formed");
    }
    return header_;
  }

 private:
  static runar::cbor::Limits strict() {
    runar::cbor::Limits limits;
    limits.strict = true;
    return limits;
  }
  void wrong() { reader_.fail(runar::cbor::Errc::kWrongType); }
  void expect(CborKind kind, std::uint64_t count) {
    const auto head = reader_.head();
    if (head.kind != kind || head.value != count) {
      wrong();
    }
  }
  void key(std::uint64_t wanted) { number(wanted, wanted); }
  std::uint64_t number(std::uint64_t least, std::uint64_t most) {
    const std::uint64_t value = reader_.unsigned_int();
    if (value < least || value > most) {
      wrong();
    }
    return value;
  }
  void blob(std::span<std::uint8_t> out) {
    const core::ByteView found = reader_.bytes(scratch_);
    if (found.size() != out.size()) {
      return wrong();
    }
    std::ranges::copy(found, out.begin());
  }
  void read_kek();

  Reader reader_;
  KeystoreHeader header_;
  std::vector<std::uint8_t> scratch_;  // stays empty: lengths are definite
};

void Parser::read_kek() {
  constexpr std::uint64_t kItems[] = {2, 1, 5};  // of KekKind 1, 2, 3
  const auto head = reader_.head();
  const std::uint64_t kind = number(1, std::size(kItems));
  if (!reader_.ok() || head.kind != CborKind::kArray || head.value != kItems[kind - 1]) {
    return wrong();
  }
  KekInfo& kek = header_.kek;
  kek.kind = static_cast<KekKind>(kind);
  if (kek.kind == KekKind::kNone) {
    blob(kek.file.bytes);
  } else if (kek.kind == KekKind::kPassphrase) {
    const auto& most = crypto::kMaxArgon2;
    kek.cost.memory_kib = static_cast<std::uint32_t>(number(8, most.memory_kib));
    kek.cost.passes = static_cast<std::uint32_t>(number(1, most.passes));
    kek.cost.lanes = static_cast<std::uint32_t>(
        number(1, std::min(most.lanes, kek.cost.memory_kib / 8)));  // as argon2id() wants it
    blob(kek.salt);
  } else {
    kek.cost = {};
  }
}

void write_kek(Writer& writer, const KekInfo& kek) {
  const auto kind = static_cast<std::uint64_t>(kek.kind);
  switch (kek.kind) {
    case KekKind::kNone:
      writer.array(2);
      writer.unsigned_int(kind);
      writer.bytes(kek.file.bytes);
      break;
    case KekKind::kSystemd:
      writer.array(1);
      writer.unsigned_int(kind);
      break;
    case KekKind::kPassphrase:
      writer.array(5);
      writer.unsigned_int(kind);
      writer.unsigned_int(kek.cost.memory_kib);
      writer.unsigned_int(kek.cost.passes);
      writer.unsigned_int(kek.cost.lanes);
      writer.bytes(kek.salt);
      break;
  }
}

}  // namespace

std::string_view kek_text(KekKind kind) {
  switch (kind) {
    case KekKind::kSystemd:
      return "systemd";
    case KekKind::kPassphrase:
      return "passphrase";
    case KekKind::kNone:
      break;
  }
  return "plaintext-file";
}

core::Bytes KeystoreHeader::encode() const {
  Writer writer;
  writer.map(kKeys);
  writer.unsigned_int(1);
  writer.unsigned_int(kVersion);
  writer.unsigned_int(2);
  writer.unsigned_int(generation);
  writer.unsigned_int(3);
  writer.bytes(node.bytes);
  writer.unsigned_int(4);
  write_kek(writer, kek);
  writer.unsigned_int(5);
  writer.bytes(salt);
  return {writer.bytes().begin(), writer.bytes().end()};
}

core::Result<KeystoreHeader> KeystoreHeader::parse(core::ByteView cbor) {
  return Parser(cbor).run();
}

}  // namespace runard::keys
