#include "plugin_host/growable.h"

#include <catch2/catch_test_macros.hpp>

using runard::plugin_host::Growable;
using runard::plugin_host::kMaxStruct;

namespace {

struct Newer {
  runar_call known;
  std::uint64_t tail;
};
constexpr std::size_t kLeast = RUNARD_SIZE_TO(runar_call, recipient_count);

}  // namespace

TEST_CASE("a struct of our size is used where it lies") {
  runar_call call{};
  call.struct_size = sizeof call;
  const Growable<runar_call> read(&call, kLeast);
  CHECK(read.status() == RUNAR_OK);
  CHECK(&*read == &call);
}

TEST_CASE("a newer struct is read up to what we know, if its tail is zero") {
  Newer newer{};
  newer.known.struct_size = sizeof newer;
  newer.known.parent = 42;
  const Growable<runar_call> read(&newer.known, kLeast);
  CHECK(read.status() == RUNAR_OK);
  CHECK(read->parent == 42);

  newer.tail = 1;
  CHECK(Growable<runar_call>(&newer.known, kLeast).status() == RUNAR_E_TOO_NEW);
}

TEST_CASE("an older struct is filled up with zeros") {
  runar_service_type type{};
  type.struct_size = RUNARD_SIZE_TO(runar_service_type, destroy);
  type.health = reinterpret_cast<decltype(type.health)>(0x1234);  // beyond its size: not read
  const Growable<runar_service_type> read(&type, RUNARD_SIZE_TO(runar_service_type, destroy));
  CHECK(read.status() == RUNAR_OK);
  CHECK(read->health == nullptr);
}

TEST_CASE("sizes that can't be are refused") {
  runar_call call{};
  CHECK(Growable<runar_call>(nullptr, kLeast).status() == RUNAR_E_INVALID);
  call.struct_size = 8;
  CHECK(Growable<runar_call>(&call, kLeast).status() == RUNAR_E_INVALID);
  call.struct_size = kMaxStruct + 1;
  CHECK(Growable<runar_call>(&call, kLeast).status() == RUNAR_E_INVALID);
}
