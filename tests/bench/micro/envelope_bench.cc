// links: envelope
// What sealing and opening cost, by size and number of recipients (DESIGN section 12: one group of
// 1 KiB, warm, at most 15 us; the notes add: p99 at most 60 us, cold at most 250 us).
//
// Warm: the epoch's KEK is there on both sides. Cold: it has to be made and wrapped, or unwrapped.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "core/check.h"
#include "core/clock.h"
#include "envelope/opener.h"
#include "envelope/sealer.h"
#include "envelope/signature.h"

namespace {

using namespace runard;
using namespace runard::envelope;

class Ring final : public KeyRing {
 public:
  std::shared_ptr<const crypto::AgreementPrivateKey> find(
      const KeyAddress& address) const override {
    return address == mine ? key : nullptr;
  }
  std::shared_ptr<const crypto::PublicKey> signer(const core::NodeId&,
                                                  const KeyId&) const override {
    return verifier;
  }

  KeyAddress mine{KeyKind::kProfile, {}, 0};
  std::shared_ptr<const crypto::AgreementPrivateKey> key;
  std::shared_ptr<const crypto::PublicKey> verifier;
};

// A field of that many bytes for that many recipients, the first of which is ours.
struct Scene {
  Scene(std::int64_t size, std::int64_t recipients) : value(cbor_blob(size)) {
    std::vector<Recipient> list;
    for (std::int64_t i = 0; i < recipients; ++i) {
      auto key = *crypto::AgreementPrivateKey::generate(crypto::Kem::kX25519, random);
      list.push_back({{KeyKind::kProfile, {}, static_cast<std::uint32_t>(i)}, key.public_key()});
      if (i == 0) {
        ring.key = std::make_shared<crypto::AgreementPrivateKey>(std::move(key));
      }
    }
    set = std::make_unique<RecipientSet>(*RecipientSet::make(std::move(list)));
    field = {"field", value};
    group = {labels, {&field, 1}, set.get()};
    message = {"bench/v1", {}, {Kind::kRequest, "bench/seal", {}}, {}, {&group, 1}};
  }

  static core::Bytes cbor_blob(std::int64_t size) {
    const auto bytes = static_cast<std::uint32_t>(size);
    core::Bytes head{0x5a, static_cast<std::uint8_t>(bytes >> 24),
                     static_cast<std::uint8_t>(bytes >> 16), static_cast<std::uint8_t>(bytes >> 8),
                     static_cast<std::uint8_t>(bytes)};
    if (bytes < 0x10000) {
      head = bytes < 0x100 ? core::Bytes{0x58, head[4]} : core::Bytes{0x59, head[3], head[4]};
    }
    head.resize(head.size() + bytes, 0x5a);
    return head;
  }

  core::Buffer seal(Mode mode, const crypto::PrivateKey* signer = nullptr) {
    auto sealed = sealer.seal(Suite::kX25519Aes, message, mode, signer);
    RUNARD_CHECK(sealed.has_value());
    return std::move(sealed->bytes);
  }
  void open(const core::Buffer& envelope) {
    const auto outcome = opener.open(envelope.view(), {{}, message.context, {}, core::NodeId{}});
    RUNARD_CHECK(outcome.has_value() && std::holds_alternative<Opened>(*outcome));
    benchmark::DoNotOptimize(outcome);
  }

  core::SystemClock clock;
  core::SystemRandom random;
  Ring ring;
  KekCache cache;
  EpochKeys epochs{{}, clock, random};
  Sealer sealer{epochs, clock, random};
  Opener opener{ring, cache};
  core::Bytes value;
  std::unique_ptr<RecipientSet> set;
  std::string_view labels[1] = {"user"};
  Field field;
  Group group;
  Message message;
};

// Runs one piece of work an iteration and reports how long single ones took.
template <class Before, class Work>
void measure(benchmark::State& state, Before before, Work work) {
  std::vector<double> times;
  times.reserve(1 << 20);
  for ([[maybe_unused]] auto _ : state) {
    before();
    const auto begin = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    state.SetIterationTime(took.count());
    if (times.size() < times.capacity()) {
      times.push_back(took.count() * 1e9);
    }
  }
  std::sort(times.begin(), times.end());
  state.counters["p50_ns"] = times[times.size() / 2];
  state.counters["p99_ns"] = times[times.size() * 99 / 100];
}

void nothing() {}

void seal_warm(benchmark::State& state) {
  Scene scene(state.range(0), state.range(1));
  scene.seal(Mode::kCompact);
  measure(state, nothing, [&] { benchmark::DoNotOptimize(scene.seal(Mode::kCompact)); });
}

void seal_full(benchmark::State& state) {
  Scene scene(state.range(0), state.range(1));
  scene.seal(Mode::kFull);
  measure(state, nothing, [&] { benchmark::DoNotOptimize(scene.seal(Mode::kFull)); });
}

void seal_cold(benchmark::State& state) {
  Scene scene(state.range(0), state.range(1));
  measure(
      state, [&] { scene.epochs.forget_all(); },
      [&] { benchmark::DoNotOptimize(scene.seal(Mode::kFull)); });
}

void open_warm(benchmark::State& state) {
  Scene scene(state.range(0), state.range(1));
  scene.open(scene.seal(Mode::kFull));
  const core::Buffer envelope = scene.seal(Mode::kCompact);
  measure(state, nothing, [&] { scene.open(envelope); });
}

void open_cold(benchmark::State& state) {
  Scene scene(state.range(0), state.range(1));
  const core::Buffer envelope = scene.seal(Mode::kFull);
  measure(state, [&] { scene.cache.forget({}); }, [&] { scene.open(envelope); });
}

void seal_signed(benchmark::State& state) {
  Scene scene(state.range(0), state.range(1));
  const auto key = crypto::PrivateKey::generate();
  scene.seal(Mode::kCompact);
  measure(state, nothing, [&] { benchmark::DoNotOptimize(scene.seal(Mode::kCompact, &*key)); });
}

void open_signed(benchmark::State& state) {
  Scene scene(state.range(0), state.range(1));
  const auto key = crypto::PrivateKey::generate();
  scene.ring.verifier = std::make_shared<crypto::PublicKey>(key->public_key());
  scene.open(scene.seal(Mode::kFull));
  const core::Buffer envelope = scene.seal(Mode::kCompact, &*key);
  measure(state, nothing, [&] { scene.open(envelope); });
}

// {bytes, recipients}
void sizes(benchmark::internal::Benchmark* bench) {
  for (const std::int64_t bytes : {64, 1024, 65536}) {
    for (const std::int64_t recipients : {1, 4, 16}) {
      bench->Args({bytes, recipients});
    }
  }
  bench->UseManualTime()->Unit(benchmark::kMicrosecond);
}
BENCHMARK(seal_warm)->Apply(sizes);
BENCHMARK(seal_full)->Apply(sizes);
BENCHMARK(seal_cold)->Apply(sizes);
BENCHMARK(open_warm)->Apply(sizes);
BENCHMARK(open_cold)->Apply(sizes);
BENCHMARK(seal_signed)->Args({1024, 1})->UseManualTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(open_signed)->Args({1024, 1})->UseManualTime()->Unit(benchmark::kMicrosecond);

}  // namespace
