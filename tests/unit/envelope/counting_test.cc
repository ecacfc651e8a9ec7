// What sealing costs in allocations once it is warm: the envelope's buffer.
//
// This program's malloc is wrapped, so OpenSSL's allocations count as well. Not under sanitizers,
// which bring their own.
#include "unit/envelope/world.h"

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

thread_local bool counting = false;
thread_local int allocations = 0;

}  // namespace

extern "C" {

void* __libc_malloc(std::size_t size);  // NOLINT(bugprone-reserved-identifier): glibc's own name

__attribute__((visibility("default"))) void* malloc(std::size_t size) noexcept {
  allocations += counting ? 1 : 0;
  return __libc_malloc(size);
}

}  // extern "C"

using namespace runard;
using namespace runard::envelope;
using namespace runard::envelope::testing;

namespace {

template <class Work>
int allocations_of(Work work) {
  allocations = 0;
  counting = true;
  work();
  counting = false;
  return allocations;
}

}  // namespace

TEST_CASE("sealing, once warm, allocates the envelope's buffer and nothing else") {
  REQUIRE(allocations_of([] { ::operator delete(::operator new(100)); }) == 1);
  const Profile profile;
  Sender sender;
  bool good = true;
  for (const Suite suite : {Suite::kX25519Aes, Suite::kX25519ChaCha}) {
    for (const Mode mode : {Mode::kFull, Mode::kCompact}) {
      const auto seal = [&] {
        good = good && sender.sealer.seal(suite, profile.message, mode).has_value();
      };
      seal();
      for (int i = 0; i < 1000; ++i) {
        REQUIRE(allocations_of(seal) == 1);
      }
    }
  }
  CHECK(good);
}

#endif
