#include "envelope/layout.h"

#include <algorithm>
#include <runar/cbor/reader.hpp>

#include "envelope/fields.h"

namespace runard::envelope {
namespace {

using core::Errc;
using CborKind = runar::cbor::Kind;

constexpr std::uint64_t kVersion = 1;
constexpr std::size_t kDepth = kMaxFieldDepth + 3;  // envelope, core, clear fields

// Reads bytes that are known to be canonical CBOR. The first failure stands; from then on every
// read gives nothing.
class Parser {
 public:
  explicit Parser(core::ByteView bytes) : bytes_(bytes), reader_(bytes) {}

  core::Result<EnvelopeView> run() {
    expect(CborKind::kArray, 3);
    read_core();
    read_groups();
    read_tail();
    if (error_ != Errc{}) {
      return core::fail(error_, about_);
    }
    if (!reader_.ok()) {
      return core::fail(Errc::kEnvelopeMalformed, "an item is missing or of another type");
    }
    return view_;
  }

 private:
  void fail(Errc code, const char* about) {
    if (reader_.ok() && error_ == Errc{}) {
      error_ = code;
      about_ = about;
      reader_.fail(runar::cbor::Errc::kWrongType);
    }
  }
  void malformed(const char* about) { fail(Errc::kEnvelopeMalformed, about); }
  void limit(const char* about) { fail(Errc::kEnvelopeLimit, about); }

  std::uint64_t count_of(CborKind kind) {
    const auto head = reader_.head();
    if (head.kind != kind) {
      malformed("an item is of another type");
      return 0;
    }
    return head.value;
  }
  void expect(CborKind kind, std::uint64_t count) {
    if (count_of(kind) != count) {
      malformed("another number of items than the format has");
    }
  }
  void key(std::uint64_t wanted) {
    if (number() != wanted) {
      malformed("another key than the format has");
    }
  }
  std::uint64_t number() { return reader_.unsigned_int(); }
  core::ByteView blob() { return reader_.bytes(scratch_bytes_); }
  core::ByteView blob(std::size_t size) {
    const core::ByteView found = blob();
    if (found.size() != size) {
      malformed("a byte string has another length than the format has");
    }
    return found;
  }
  std::string_view text(std::size_t most) {
    const std::string_view found = reader_.text(scratch_text_);
    if (found.size() > most) {
      limit("a text is too long");
    }
    return found;
  }
  template <class Id>
  Id id() {
    return Id::from(blob(16)).value_or(Id{});
  }
  // What was read since `begin`.
  core::ByteView since(std::size_t begin) const {
    return bytes_.subspan(begin, reader_.offset() - begin);
  }

  void read_core();
  void read_version(std::uint64_t keys);
  void read_network();
  void read_context();
  void read_clear();
  void read_headers();
  void read_header(GroupView& group);
  void read_labels(GroupView& group);
  void read_groups();
  void read_stanzas(GroupView& group);
  void read_stanza(Stanza& stanza);
  void check_order(const Stanza& stanza, const Stanza& last, bool first);
  void read_tail();

  core::ByteView bytes_;
  runar::cbor::Reader reader_;
  EnvelopeView view_;
  Errc error_{};
  const char* about_ = "";
  std::string scratch_text_;                 // stays empty: lengths are definite
  std::vector<std::uint8_t> scratch_bytes_;  // the same
};

void Parser::read_core() {
  const std::size_t begin = reader_.offset();
  read_version(count_of(CborKind::kMap));
  Core& info = view_.info;
  key(2);
  if (const auto suite = suite_of(number())) {
    info.suite = *suite;
  } else {
    fail(Errc::kEnvelopeUnsupported, "an unknown suite");
  }
  key(3);
  info.type = text(kMaxType);
  key(4);
  read_network();
  key(5);
  info.sender = id<core::NodeId>();
  key(6);
  info.id = id<MessageId>();
  key(7);
  info.created_ms = number();
  key(8);
  read_context();
  key(9);
  read_clear();
  key(10);
  const std::uint64_t groups = count_of(CborKind::kArray);
  if (groups > kMaxGroups) {
    return limit("too many groups");
  }
  view_.group_count = static_cast<std::size_t>(groups);
  view_.before_groups = since(begin);
  read_headers();
  view_.core_bytes = since(begin);
}

// First of all: another version may have another number of keys.
void Parser::read_version(std::uint64_t keys) {
  key(1);
  if (number() != kVersion) {
    fail(Errc::kEnvelopeUnsupported, "an unknown version");
  }
  if (keys != 10) {
    malformed("another number of items than the format has");
  }
}

void Parser::read_network() {
  if (reader_.peek() == CborKind::kNull) {
    reader_.null();
  } else {
    view_.info.network = id<core::NetworkId>();
  }
}

void Parser::read_context() {
  Context& context = view_.info.context;
  expect(CborKind::kMap, 3);
  key(1);
  const std::uint64_t kind = number();
  if (kind < 1 || kind > 4) {
    malformed("an unknown kind of message");
  } else {
    context.kind = static_cast<Kind>(kind);
  }
  key(2);
  context.path = text(kMaxPath);
  key(3);
  context.correlation = blob();
  if (context.correlation.size() > kMaxCorrelation) {
    limit("the correlation is too long");
  }
}

void Parser::read_clear() {
  view_.clear = reader_.raw();
  const Errc code = reader_.ok() ? check_fields(view_.clear) : Errc{};
  if (code != Errc{}) {
    fail(code, "the clear fields");
  }
}

void Parser::read_headers() {
  for (std::size_t i = 0; i < view_.group_count && reader_.ok(); ++i) {
    GroupView& group = view_.group_list[i];
    read_header(group);
    for (const GroupView& earlier : view_.groups().first(i)) {
      if (std::ranges::equal(earlier.labels, group.labels)) {
        malformed("two groups with the same labels");
      }
    }
  }
}

void Parser::read_header(GroupView& group) {
  expect(CborKind::kArray, 4);
  read_labels(group);
  group.commitment = blob(kHashSize);
  group.ciphertext_size = number();
  group.ciphertext_hash = blob(kHashSize);
}

void Parser::read_labels(GroupView& group) {
  const std::size_t begin = reader_.offset();
  const std::uint64_t count = count_of(CborKind::kArray);
  if (count > kMaxLabels) {
    return limit("too many labels");
  }
  if (count == 0) {
    return malformed("a group without a label");
  }
  std::string_view last;
  for (std::uint64_t i = 0; i < count && reader_.ok(); ++i) {
    const std::string_view label = text(kMaxLabel);
    if (label <= last) {
      malformed("labels are empty, out of order or repeated");
    }
    last = label;
  }
  group.labels = since(begin);
}

void Parser::read_groups() {
  expect(CborKind::kArray, view_.group_count);
  for (std::size_t i = 0; i < view_.group_count && reader_.ok(); ++i) {
    GroupView& group = view_.group_list[i];
    expect(CborKind::kArray, 3);
    read_stanzas(group);
    group.hmac = blob(kHashSize);
    group.ciphertext = blob();
    if (group.ciphertext.size() <= crypto::kAeadTagSize) {
      malformed("a ciphertext is too short");
    }
  }
}

void Parser::read_stanzas(GroupView& group) {
  const std::size_t begin = reader_.offset();
  const std::uint64_t count = count_of(CborKind::kArray);
  if (count > kMaxStanzas) {
    return limit("too many stanzas");
  }
  if (count == 0) {
    return malformed("a group without a stanza");
  }
  Stanza last;
  for (std::uint64_t i = 0; i < count && reader_.ok(); ++i) {
    Stanza stanza;
    read_stanza(stanza);
    check_order(stanza, last, i == 0);
    last = stanza;
  }
  group.stanzas = since(begin);
  group.stanza_count = static_cast<std::size_t>(count);
}

void Parser::read_stanza(Stanza& stanza) {
  expect(CborKind::kArray, 5);
  const std::uint64_t kind = number();
  if (kind < 1 || kind > 4) {
    malformed("an unknown kind of key");
  } else {
    stanza.address.kind = static_cast<KeyKind>(kind);
  }
  stanza.address.id = id<KeyId>();
  const std::uint64_t version = number();
  const bool epoch = stanza.address.kind == KeyKind::kEpoch;
  if (version > (epoch ? 0 : UINT32_MAX)) {
    malformed("a key's version is too large");
  }
  stanza.address.version = static_cast<std::uint32_t>(version);
  const crypto::Kem kem = hpke_of(view_.info.suite).kem;
  stanza.enc = blob(epoch ? 0 : crypto::public_key_size(kem));
  stanza.wrapped = blob(epoch ? 0 : kWrappedSize);
}

// The epoch's first, then the recipients' in ascending order, so none twice.
void Parser::check_order(const Stanza& stanza, const Stanza& last, bool first) {
  if (first) {
    return;
  }
  const bool after_epoch = last.address.kind == KeyKind::kEpoch;
  if (stanza.address.kind == KeyKind::kEpoch || (!after_epoch && stanza.address <= last.address)) {
    malformed("stanzas are out of order or repeated");
  }
}

void Parser::read_tail() {
  const std::size_t begin = reader_.offset();
  const std::uint64_t keys = count_of(CborKind::kMap);
  if (keys == 2) {
    key(1);
    view_.signature = blob();
    if (view_.signature.empty() || view_.signature.size() > kMaxSignature) {
      malformed("a signature has no possible length");
    }
    key(2);
    view_.signer = id<KeyId>();
  } else if (keys != 0) {
    malformed("another number of items than the format has");
  }
  view_.tail = since(begin);
}

}  // namespace

core::Result<EnvelopeView> EnvelopeView::parse(core::ByteView bytes) {
  if (bytes.size() > kMaxEnvelope) {
    return core::fail(Errc::kEnvelopeLimit, "the envelope is too large");
  }
  if (!is_canonical(bytes, kDepth)) {
    return core::fail(Errc::kEnvelopeMalformed, "not canonical CBOR");
  }
  return Parser(bytes).run();
}

std::vector<std::string_view> labels_of(const GroupView& group) {
  runar::cbor::Reader reader(group.labels);
  std::vector<std::string_view> labels(static_cast<std::size_t>(reader.head().value));
  std::string scratch;
  for (std::string_view& label : labels) {
    label = reader.text(scratch);
  }
  return labels;
}

StanzaReader::StanzaReader(const GroupView& group) : count_(group.stanza_count) {
  runar::cbor::Reader reader(group.stanzas);
  reader.head();
  left_ = group.stanzas.subspan(reader.offset());
}

bool StanzaReader::next(Stanza& stanza) {
  if (count_ == 0) {
    return false;
  }
  --count_;
  runar::cbor::Reader reader(left_);
  std::vector<std::uint8_t> scratch;
  reader.head();
  stanza.address.kind = static_cast<KeyKind>(reader.unsigned_int());
  stanza.address.id = KeyId::from(reader.bytes(scratch)).value_or(KeyId{});
  stanza.address.version = static_cast<std::uint32_t>(reader.unsigned_int());
  stanza.enc = reader.bytes(scratch);
  stanza.wrapped = reader.bytes(scratch);
  left_ = left_.subspan(reader.offset());
  return reader.ok();
}

}  // namespace runard::envelope
