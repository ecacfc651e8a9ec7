// links: sealing
// Schemas and values from anywhere: a schema is read or refused, a value is split or refused, and
// what was split joins to the same value, for whoever reads all of it or a part.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/check.h"
#include "sealing/canonical.h"
#include "sealing/join.h"
#include "sealing/limits.h"
#include "sealing/schema.h"
#include "sealing/split.h"

namespace {

using namespace runard;
using namespace runard::sealing;

constexpr std::string_view kSchema = R"({"x-runar-owner":"a","properties":{
    "a":{"x-runar-label":"x"},"b":{"items":{"x-runar-label":["x","y"]}},
    "c":{"additionalProperties":{"x-runar-label":"y"}},"d":{"properties":{"e":{"x-runar-label":"z"}}},
    "f":{"anyOf":[{"items":{"properties":{"g":{"x-runar-label":"x"}}}},{"type":"string"}]}}})";

// `readable`: a bit for each set of labels.
envelope::Opened opened(const Type& type, const Split& split, unsigned readable) {
  envelope::Opened opened;
  opened.clear = {{kRootPath, split.clear}};
  for (std::uint32_t set = 0; set < type.label_sets.size(); ++set) {
    envelope::OpenedGroup group;
    group.labels.assign(type.label_sets[set].begin(), type.label_sets[set].end());
    if ((readable >> set & 1U) != 0) {
      group.fields.emplace();
      for (const PrivateField& field : split.fields) {
        if (field.labels == set) {
          group.fields->push_back({field.path, field.value});
        }
      }
    }
    opened.groups.push_back(std::move(group));
  }
  return opened;
}

void play(const Type& type, core::ByteView value, unsigned readable) {
  const auto parts = split(type, value);
  if (!parts) {
    return;
  }
  const auto whole = join(opened(type, *parts, ~0U));
  RUNARD_CHECK(whole.has_value());
  RUNARD_CHECK(*whole == *canonical(value));
  const auto some = join(opened(type, *parts, readable));
  RUNARD_CHECK(some.has_value());
  const auto again = split(type, *some);
  RUNARD_CHECK(again.has_value() && again->clear == parts->clear);
}

// A sender's fields that were never in the value: joined or refused, never worse.
void play_hostile(core::ByteView clear, core::ByteView path) {
  const auto value = canonical(clear);
  if (!value) {
    return;
  }
  constexpr std::uint8_t kNumber[] = {1};
  envelope::Opened hostile;
  hostile.clear = {{kRootPath, *value}};
  hostile.groups.push_back({
      {"x"},
      std::vector<envelope::Field>{{core::as_text(path), kNumber}},
  });
  (void)join(hostile);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const core::ByteView input(data, size);
  if (size < 2) {
    return 0;
  }
  static const Type known = *read_schema(1, "known", kSchema);
  switch (data[0] % 3) {
    case 0:
      play(known, input.subspan(2), data[1]);
      break;
    case 1:
      if (const auto type = read_schema(1, "any", core::as_text(input.subspan(1))); type) {
        constexpr std::uint8_t kMap[] = {0xa1, 0x61, 'a', 0xa1, 0x61, 'b', 0x81, 0x01};
        play(*type, kMap, data[1]);
      }
      break;
    default: {
      const std::size_t path = std::min<std::size_t>(data[1], size - 2);
      play_hostile(input.subspan(2 + path), input.subspan(2, path));
    }
  }
  return 0;
}
