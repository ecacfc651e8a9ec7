// T16: AES-GCM does not commit to its key: whoever knows two keys can make one ciphertext that is
// good under both ("invisible salamander"; Dodis, Grubbs, Ristenpart, Woodage 2018). The envelope's
// commitment has to catch it.
#include <openssl/evp.h>

#include "envelope/ciphers.h"
#include "envelope/group_aad.h"
#include "envelope/stanza.h"
#include "unit/envelope/forge.h"
#include "unit/envelope/world.h"
#include "wire/cbor.h"

using namespace runard;
using namespace runard::envelope;
using namespace runard::envelope::testing;

namespace {

// An element of GF(2^128) in the bit order of GCM (NIST SP 800-38D section 6.3).
struct Block {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  static Block from(core::ByteView bytes) {
    Block block;
    for (std::size_t i = 0; i < 16; ++i) {
      std::uint64_t& half = i < 8 ? block.high : block.low;
      half = half << 8 | (i < bytes.size() ? bytes[i] : 0);
    }
    return block;
  }
  core::Bytes bytes() const {
    core::Bytes out;
    for (const std::uint64_t half : {high, low}) {
      for (int shift = 56; shift >= 0; shift -= 8) {
        out.push_back(static_cast<std::uint8_t>(half >> shift));
      }
    }
    return out;
  }
  Block operator+(const Block& other) const { return {high ^ other.high, low ^ other.low}; }
  Block operator*(Block other) const {
    Block product;
    for (int i = 0; i < 128; ++i) {
      const std::uint64_t half = i < 64 ? high : low;
      if ((half >> (63 - i % 64) & 1) != 0) {
        product = product + other;
      }
      const bool odd = (other.low & 1) != 0;
      other.low = other.low >> 1 | other.high << 63;
      other.high = other.high >> 1 ^ (odd ? 0xe100000000000000 : 0);
    }
    return product;
  }
  // To the power of 2^128 - 2.
  Block inverse() const {
    Block square = *this * *this;
    Block result = square;
    for (int i = 2; i < 128; ++i) {
      square = square * square;
      result = result * square;
    }
    return result;
  }
};

// One key of GCM with the nonce that envelopes have.
class GcmKey {
 public:
  explicit GcmKey(core::ByteView key) : key_(key.begin(), key.end()) {}

  Block encrypt(const Block& block) const {
    const crypto::CipherContextPtr context(EVP_CIPHER_CTX_new());
    core::Bytes out(32);
    int size = 0;
    EVP_EncryptInit_ex(context.get(), EVP_aes_256_ecb(), nullptr, key_.data(), nullptr);
    EVP_EncryptUpdate(context.get(), out.data(), &size, block.bytes().data(), 16);
    return Block::from(core::ByteView(out).first(16));
  }
  Block hash_key() const { return encrypt({}); }
  Block stream(std::uint64_t counter) const { return encrypt({0, counter}); }
  // The tag of a ciphertext of whole blocks.
  Block tag(core::ByteView aad, const std::vector<Block>& ciphertext) const {
    const Block key = hash_key();
    Block sum;
    for (std::size_t at = 0; at < aad.size(); at += 16) {
      sum = (sum + Block::from(aad.subspan(at))) * key;
    }
    for (const Block& block : ciphertext) {
      sum = (sum + block) * key;
    }
    sum = (sum + Block{aad.size() * 8, ciphertext.size() * 128}) * key;
    return sum + stream(1);
  }

 private:
  core::Bytes key_;
};

// A ciphertext of two blocks that has the same tag under both keys; its first block is `plaintext`
// under the first one.
core::Bytes salamander(const GcmKey& one, const GcmKey& two, core::ByteView aad,
                       const Block& plaintext) {
  const Block first = plaintext + one.stream(2);
  const Block difference = one.tag(aad, {first, {}}) + two.tag(aad, {first, {}});
  const Block weight = one.hash_key() * one.hash_key() + two.hash_key() * two.hash_key();
  const Block second = difference * weight.inverse();
  core::Bytes out = first.bytes();
  for (const Block& block : {second, one.tag(aad, {first, second})}) {
    const core::Bytes bytes = block.bytes();
    out.insert(out.end(), bytes.begin(), bytes.end());
  }
  return out;
}

core::Bytes stanzas_for(const Holder& holder, const Secret& dek, const MessageId& id) {
  core::SystemRandom random;
  core::Bytes out;
  REQUIRE(append_stanzas(Wrapping::of_dek(Suite::kX25519Aes, id, 0),
                         *RecipientSet::make({holder.recipient()}), dek, random, out));
  return out;
}

ForgedStanza stanza_of(core::Bytes item) {
  item.insert(item.begin(), 0x81);
  GroupView view;
  view.stanzas = item;
  view.stanza_count = 1;
  StanzaReader reader(view);
  Stanza stanza;
  REQUIRE(reader.next(stanza));
  const auto copy = [](core::ByteView bytes) { return core::Bytes(bytes.begin(), bytes.end()); };
  return {static_cast<std::uint64_t>(stanza.address.kind), copy(stanza.address.id.bytes),
          stanza.address.version, copy(stanza.enc), copy(stanza.wrapped)};
}

bool opens(const GroupKeys& keys, core::ByteView aad, core::ByteView ciphertext) {
  Ciphers ciphers;
  core::Bytes plaintext(ciphertext.size() - 16);
  return ciphers.of(Suite::kX25519Aes).open(keys.key.view(), kNonce, aad, ciphertext, plaintext);
}

}  // namespace

TEST_CASE("one ciphertext under two keys is refused by whom the commitment is not for") {
  // Alice is the attacker: she gives Bob one key and Carol another.
  Profile profile;
  Sender sender;
  profile.message.groups = std::span(profile.groups).last(1);  // for both
  const auto sealed = sender.sealer.seal(Suite::kX25519Aes, profile.message, Mode::kOnce);
  Forged forged(sealed->bytes.view());
  Secret deks[2];
  GroupKeys keys[2];
  KeySchedule schedule;
  schedule.begin(Suite::kX25519Aes, sealed->id);
  for (int i = 0; i < 2; ++i) {
    sender.random.fill(deks[i].bytes());
    schedule.derive(deks[i].view(), 0, keys[i]);
  }
  ForgedGroup& group = forged.groups[0];
  group.stanzas = {stanza_of(stanzas_for(profile.bob, deks[0], sealed->id)),
                   stanza_of(stanzas_for(profile.carol, deks[1], sealed->id))};
  group.commitment.assign(keys[0].commitment.begin(), keys[0].commitment.end());

  const core::Bytes draft = forged.bytes();
  const auto draft_view = EnvelopeView::parse(draft);
  GroupAad aad;
  aad.begin(draft_view->before_groups);
  aad.add(draft_view->groups()[0].labels, draft_view->groups()[0].commitment);
  aad.end();
  const auto bound = aad.of(0, draft_view->groups()[0].labels);
  // {"v": 27 bytes}: the first block is ours to choose, the second lies inside the byte string.
  const core::Bytes text{0xa1, 0x61, 'v', 0x58, 27,  's', 'a', 'l',
                         'a',  'm',  'a', 'n',  'd', 'e', 'r', '!'};
  group.ciphertext = salamander(GcmKey(keys[0].key.view()), GcmKey(keys[1].key.view()),
                                bound.view(), Block::from(text));
  CHECK(opens(keys[0], bound.view(), group.ciphertext));
  CHECK(opens(keys[1], bound.view(), group.ciphertext));

  forged.hash_ciphertexts();
  const core::Bytes stanzas(draft_view->groups()[0].stanzas.begin(),
                            draft_view->groups()[0].stanzas.end());
  const auto open = [&](const Holder& holder, int whose_hmac) {
    const Hash hmac = schedule.stanza_hmac(keys[whose_hmac], stanzas);
    group.hmac.assign(hmac.begin(), hmac.end());
    Receiver receiver;
    holder.give_to(receiver.ring);
    return text_of(receiver.opener.open(forged.bytes(), profile.expected()));
  };
  CHECK(open(profile.bob, 0).find("v=581b73616c616d616e64657221") != std::string::npos);
  CHECK(open(profile.carol, 0) == "ENVELOPE_COMMITMENT");
  CHECK(open(profile.carol, 1) == "ENVELOPE_COMMITMENT");
}
