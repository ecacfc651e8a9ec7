// Counts what a direct call through the C ABI costs in allocations and locks: none.
//
// This program's malloc and pthread_mutex_lock are wrapped, so calls from the daemon's code, from
// the C library's users and from plugins all count. Not under sanitizers, which bring their own.
#include <dlfcn.h>
#include <pthread.h>

#include <catch2/catch_test_macros.hpp>

#include "plugins/pair.h"
#include "support/real_calls.h"
#include "support/result_text.h"

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

thread_local bool counting = false;
thread_local std::uint64_t allocations = 0;
thread_local std::uint64_t locks = 0;

}  // namespace

extern "C" {

void* __libc_malloc(std::size_t size);  // NOLINT(bugprone-reserved-identifier): glibc's own name

__attribute__((visibility("default"))) void* malloc(std::size_t size) noexcept {
  allocations += counting ? 1 : 0;
  return __libc_malloc(size);
}

__attribute__((visibility("default"))) int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  using Lock = int (*)(pthread_mutex_t*);
  static const auto real = reinterpret_cast<Lock>(::dlsym(RTLD_NEXT, "pthread_mutex_lock"));
  locks += counting ? 1 : 0;
  return real(mutex);
}

}  // extern "C"

using namespace runard;
using namespace runard::test;

namespace {

struct Probe {
  std::uint64_t allocations = 99;
  std::uint64_t locks = 99;
};

void before(void*) {
  allocations = 0;
  locks = 0;
  counting = true;
}

void after(void* raw) {
  counting = false;
  auto* const probe = static_cast<Probe*>(raw);
  probe->allocations = allocations;
  probe->locks = locks;
}

// Each thread warms up for itself: it takes a lock when it first reads a new table of routes.
void one_worker(plugin_host::Options& options) {
  options.workers = 1;
  options.spare_workers = 0;
}

// A million rounds of the caller of pair.so, after a warm-up.
pair_result run_rounds(PluginWorld& world, Probe& probe) {
  constexpr std::uint64_t kRounds = 1'000'000;
  static pair_result result;
  result = {};
  result.before = before;
  result.after = after;
  result.probe = &probe;
  const std::string config = std::to_string(reinterpret_cast<std::uintptr_t>(&result));
  REQUIRE(world.add({PluginWorld::spec("pair", "echo", "echo"),
                     PluginWorld::spec("pair", "caller", "caller", config)}));
  result.rounds = 1000;  // warm up
  REQUIRE(world.ask("caller/run", "hello").code == core::Errc{});
  result.rounds = kRounds;
  result.answered = result.same_address = result.same_seen = 0;
  REQUIRE(world.ask("caller/run", "hello", 100s).code == core::Errc{});  // on a loaded machine
  return result;
}

void check_free(const pair_result& result, const Probe& probe) {
  CHECK(result.answered == result.rounds);
  CHECK(result.same_address == result.rounds);
  CHECK(result.same_seen >= result.rounds - 1);
  CHECK(probe.allocations == 0);
  CHECK(probe.locks <= 1);  // the first of all may wake the watchdog
}

}  // namespace

TEST_CASE("the counters of allocations and locks count") {
  Probe self;
  std::mutex mutex;
  before(nullptr);
  {
    const std::lock_guard lock(mutex);
    ::operator delete(::operator new(100));
  }
  after(&self);
  CHECK(self.allocations == 1);
  CHECK(self.locks == 1);
}

TEST_CASE("a million direct calls: no allocation, no lock, no copy") {
  Probe probe;
  PluginWorld world(one_worker);
  check_free(run_rounds(world, probe), probe);
}

TEST_CASE(
    "a million direct calls through the daemon's dispatcher: no allocation, no lock, no copy") {
  Probe probe;
  RealCalls calls;
  PluginWorld world(one_worker, &calls.dispatcher(), &calls);
  check_free(run_rounds(world, probe), probe);
  CHECK(eventually([&] { return calls.dispatcher().stats().open == 0; }));
  CHECK(calls.dispatcher().stats().calls == 1'001'002);
  CHECK(calls.dispatcher().stats().failed == 0);
}

#endif
