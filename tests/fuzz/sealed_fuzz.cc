// links: sealing
// Sealed payloads of a peer, as the codec opens them: anything, and real ones with bytes of it
// changed, full and compact. Every one is refused, asked for in full, or opens to what was sealed,
// with marks in the places of what can't be read. The same bytes as what a peer wants in full.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <runar/cbor.hpp>

#include "support/sealing_ends.h"

namespace {

using namespace runard;
using namespace runard::sealing;

constexpr std::string_view kSecret = "sentinel-4711";

LabelMap labels() {
  return {{{"system", {true, {}, {}}}}, 1};
}

struct World {
  World() {
    for (test::SealingEnd* end : {&ends.from, &ends.to}) {
      RUNARD_CHECK(
          end->types.declare(1, "t", R"({"properties":{"p":{"x-runar-label":"system"}}})", labels())
              .has_value());
    }
    runar::cbor::Writer writer;
    writer.map(1);
    writer.text("p");
    writer.text(kSecret);
    value.assign(writer.bytes().begin(), writer.bytes().end());
    full = ends.seal(value);
    RUNARD_CHECK(ends.to.codec.open(ends.at_receiver(), full).has_value());
    compact = ends.seal(value);
    RUNARD_CHECK(compact.bytes.size() < full.bytes.size());
  }

  test::SealingEnds ends{labels()};
  core::Bytes value;
  rpc::Payload full;
  rpc::Payload compact;
};

void play(World& world, core::ByteView bytes) {
  rpc::Payload sealed = rpc::Payload::borrow(bytes, rpc::Encoding::kSealed);
  sealed.type = 1;
  const auto opened = world.ends.to.codec.open(world.ends.at_receiver(), sealed);
  if (opened && core::as_text(opened->bytes).find(kSecret) != std::string_view::npos) {
    RUNARD_CHECK(std::ranges::equal(opened->bytes, world.value));
  }
  (void)world.ends.from.codec.in_full(test::sealing_node(2), sealed);
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
