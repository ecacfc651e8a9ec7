// links: sealing
// What private fields cost a whole message: split, seal, open, join; with one and with three label
// sets, by size. And what a payload without private fields pays to be let through.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <runar/cbor.hpp>

#include "core/check.h"
#include "sealing/codec.h"

namespace {

using namespace runard;
using namespace runard::sealing;

struct Keys final : Directory, envelope::KeyRing {
  Keys() {
    core::SystemRandom random;
    for (auto* key : {&network, &profile}) {
      *key = std::make_shared<crypto::AgreementPrivateKey>(
          *crypto::AgreementPrivateKey::generate(crypto::Kem::kX25519, random));
    }
  }
  std::uint64_t generation() const override { return 1; }
  std::optional<envelope::Recipient> network_key(const core::NetworkId&) const override {
    return envelope::Recipient{{envelope::KeyKind::kNetwork, {}, 1}, network->public_key()};
  }
  std::optional<envelope::Recipient> profile_key(const core::ProfileId&) const override {
    return envelope::Recipient{{envelope::KeyKind::kProfile, {}, 1}, profile->public_key()};
  }
  std::optional<envelope::Recipient> node_key(const core::NodeId&) const override { return {}; }
  std::string_view network_name(const core::NetworkId&) const override { return "main"; }
  std::optional<core::NetworkId> find_network(std::string_view) const override {
    return core::NetworkId{};
  }
  std::optional<core::ProfileId> find_profile(std::string_view) const override { return {}; }
  bool acts_for(const core::NodeId&, const core::ProfileId&) const override { return true; }
  std::shared_ptr<const crypto::AgreementPrivateKey> find(
      const envelope::KeyAddress& address) const override {
    return address.kind == envelope::KeyKind::kNetwork ? network : profile;
  }
  std::shared_ptr<const crypto::PublicKey> signer(const core::NodeId&,
                                                  const envelope::KeyId&) const override {
    return nullptr;
  }
  std::shared_ptr<const crypto::AgreementPrivateKey> network;
  std::shared_ptr<const crypto::AgreementPrivateKey> profile;
};

LabelMap labels() {
  return {{{"user", {false, {}, {kCaller}}},
           {"system", {true, {}, {kCaller}}},
           {"system_only", {true, {}, {}}}},
          1};
}

core::NodeId node(std::uint8_t byte) {
  core::NodeId id;
  id.bytes.fill(byte);
  return id;
}

struct End {
  End(Keys& keys, std::uint8_t id)
      : recipients(keys, labels()),
        codec({node(id), nullptr, keys, clock, random, core::Log{}}, recipients, types) {}
  core::SystemClock clock;
  core::SystemRandom random;
  TypeTable types;
  Recipients recipients;
  Codec codec;
};

// A message whose private fields have `size` bytes in all.
struct Scene {
  Scene(std::int64_t groups, std::int64_t size) {
    const char* const names[] = {"system", "system_only", "user"};
    std::string schema = R"({"properties":{"name":{"type":"string"})";
    runar::cbor::Writer writer;
    runar::cbor::MapWriter map(writer, static_cast<std::size_t>(groups) + 1);
    map.key("name");
    writer.text("Ann");
    for (std::int64_t i = 0; i < groups; ++i) {
      const std::string key = "field" + std::to_string(i);
      schema += ",\"" + key + R"(":{"x-runar-label":")" + names[i] + "\"}";
      map.key(key);
      writer.bytes(std::vector<std::uint8_t>(static_cast<std::size_t>(size / groups), 0x5a));
    }
    RUNARD_CHECK(map.finish() == runar::cbor::Errc::kOk);
    value.assign(writer.bytes().begin(), writer.bytes().end());
    RUNARD_CHECK(from.types.declare(1, "bench", schema + "}}", labels()).has_value());
    place.profile.bytes.fill(7);
  }
  rpc::Payload seal() {
    rpc::Payload payload = rpc::Payload::borrow(value, rpc::Encoding::kCbor);
    payload.type = 1;
    auto sealed = from.codec.seal(place, payload);
    RUNARD_CHECK(sealed.has_value());
    return std::move(*sealed);
  }
  void open(const rpc::Payload& sealed) {
    rpc::PayloadPlace at_receiver = place;
    at_receiver.peer = node(1);
    const auto opened = to.codec.open(at_receiver, sealed);
    RUNARD_CHECK(opened.has_value() && opened->bytes.size() == value.size());
  }

  Keys keys;
  End from{keys, 1};
  End to{keys, 2};
  core::Bytes value;
  rpc::PayloadPlace place{rpc::PayloadPlace::Kind::kReply, "main", "users/ann", 1, {}, {}, true};
};

void seal_message(benchmark::State& state) {
  Scene scene(state.range(0), state.range(1));
  (void)scene.seal();
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(scene.seal());
  }
}

void open_message(benchmark::State& state) {
  Scene scene(state.range(0), state.range(1));
  const rpc::Payload sealed = scene.seal();
  scene.open(sealed);
  for ([[maybe_unused]] auto _ : state) {
    scene.open(sealed);
  }
}

// With a thousand types that have private fields, none of them this one.
void let_through(benchmark::State& state) {
  Keys keys;
  End end(keys, 1);
  for (std::uint64_t i = 2; i < 1002; ++i) {
    RUNARD_CHECK(
        end.types.declare(i, "t", R"({"items":{"x-runar-label":"user"}})", labels()).has_value());
  }
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(end.codec.is_private(1));
  }
}

}  // namespace

BENCHMARK(seal_message)->ArgsProduct({{1, 3}, {64, 1024, 65536}});
BENCHMARK(open_message)->ArgsProduct({{1, 3}, {64, 1024, 65536}});
BENCHMARK(let_through);
BENCHMARK_MAIN();
