// links: sealing
// Sealed payloads of a peer, as the codec opens them: anything, and real ones with bytes of it
// changed, full and compact. Every one is refused, asked for in full, or opens to what was sealed,
// with marks in the places of what can't be read. The same bytes as what a peer wants in full.
#include <cstddef>
#include <cstdint>
#include <runar/cbor.hpp>

#include "core/check.h"
#include "sealing/codec.h"

namespace {

using namespace runard;
using namespace runard::sealing;

constexpr std::string_view kSecret = "sentinel-4711";

core::NodeId node(std::uint8_t byte) {
  core::NodeId id;
  id.bytes.fill(byte);
  return id;
}

struct Keys final : Directory, envelope::KeyRing {
  std::uint64_t generation() const override { return 1; }
  std::optional<envelope::Recipient> network_key(const core::NetworkId&) const override {
    return envelope::Recipient{{envelope::KeyKind::kNetwork, {}, 1}, key->public_key()};
  }
  std::optional<envelope::Recipient> profile_key(const core::ProfileId&) const override {
    return {};
  }
  std::optional<envelope::Recipient> node_key(const core::NodeId&) const override { return {}; }
  std::optional<core::NetworkId> find_network(std::string_view) const override {
    return core::NetworkId{};
  }
  std::string_view network_name(const core::NetworkId&) const override { return "main"; }
  std::optional<core::ProfileId> find_profile(std::string_view) const override { return {}; }
  bool acts_for(const core::NodeId&, const core::ProfileId&) const override { return true; }
  std::shared_ptr<const crypto::AgreementPrivateKey> find(
      const envelope::KeyAddress& address) const override {
    return address.kind == envelope::KeyKind::kNetwork ? key : nullptr;
  }
  std::shared_ptr<const crypto::PublicKey> signer(const core::NodeId&,
                                                  const envelope::KeyId&) const override {
    return nullptr;
  }
  core::SystemRandom random;
  std::shared_ptr<const crypto::AgreementPrivateKey> key =
      std::make_shared<crypto::AgreementPrivateKey>(
          *crypto::AgreementPrivateKey::generate(crypto::Kem::kX25519, random));
};

LabelMap labels() {
  return {{{"system", {true, {}, {}}}}, 1};
}

struct End {
  End(Keys& keys, std::uint8_t id)
      : recipients(keys, labels()),
        codec({node(id), nullptr, keys, clock, random, core::Log{}}, recipients, types) {
    RUNARD_CHECK(
        types.declare(1, "t", R"({"properties":{"p":{"x-runar-label":"system"}}})", labels())
            .has_value());
  }
  core::SystemClock clock;
  core::SystemRandom random;
  TypeTable types;
  Recipients recipients;
  Codec codec;
};

struct World {
  World() {
    to.codec.on_kept([this](const core::NodeId&, std::span<const envelope::KeyId> ids) {
      from.codec.peer_keeps(node(2), ids);
    });
    runar::cbor::Writer writer;
    writer.map(1);
    writer.text("p");
    writer.text(kSecret);
    value.assign(writer.bytes().begin(), writer.bytes().end());
    full = seal();
    RUNARD_CHECK(to.codec.open(at_receiver(), full).has_value());
    compact = seal();
    RUNARD_CHECK(compact.bytes.size() < full.bytes.size());
  }
  rpc::Payload seal() {
    rpc::Payload payload = rpc::Payload::borrow(value, rpc::Encoding::kCbor);
    payload.type = 1;
    auto sealed = from.codec.seal(place, payload);
    RUNARD_CHECK(sealed.has_value());
    return std::move(*sealed);
  }
  rpc::PayloadPlace at_receiver() const {
    rpc::PayloadPlace there = place;
    there.peer = node(1);
    return there;
  }

  Keys keys;
  End from{keys, 1};
  End to{keys, 2};
  core::Bytes value;
  rpc::PayloadPlace place{
      rpc::PayloadPlace::Kind::kReply, "main", "users/ann", 1, node(2), {}, true};
  rpc::Payload full;
  rpc::Payload compact;
};

void play(World& world, core::ByteView bytes) {
  rpc::Payload sealed = rpc::Payload::borrow(bytes, rpc::Encoding::kSealed);
  sealed.type = 1;
  const auto opened = world.to.codec.open(world.at_receiver(), sealed);
  if (opened && core::as_text(opened->bytes).find(kSecret) != std::string_view::npos) {
    RUNARD_CHECK(std::ranges::equal(opened->bytes, world.value));
  }
  (void)world.from.codec.in_full(node(2), sealed);
}

// Each three bytes of `edits`: where, and what stands there instead.
core::Bytes edited(core::ByteView bytes, core::ByteView edits) {
  core::Bytes out(bytes.begin(), bytes.end());
  for (; edits.size() >= 3; edits = edits.subspan(3)) {
    out[(std::size_t{edits[0]} * 256 + edits[1]) % out.size()] = edits[2];
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World world;
  if (size == 0) {
    return 0;
  }
  const core::ByteView input(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      play(world, input);
      break;
    case 1:
      play(world, edited(world.full.bytes, input));
      break;
    case 2:
      play(world, edited(world.compact.bytes, input));
      break;
    default:
      play(world, world.full.bytes.first(std::min(world.full.bytes.size(), input.size())));
  }
  return 0;
}
