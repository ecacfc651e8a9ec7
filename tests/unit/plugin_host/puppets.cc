#include "puppets.h"

#include <catch2/catch_test_case_info.hpp>
#include <catch2/reporters/catch_reporter_event_listener.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>
#include <cstdio>
#include <cstdlib>

namespace runard::test {
namespace {

std::mutex g_mutex;
std::string g_failure;

class Failures final : public Catch::EventListenerBase {
 public:
  using EventListenerBase::EventListenerBase;
  void testCaseEnded(const Catch::TestCaseStats& stats) override {
    const std::lock_guard lock(g_mutex);
    if (!g_failure.empty()) {
      std::fprintf(stderr, "%s: %s\n", stats.testInfo->name.c_str(), g_failure.c_str());
      std::_Exit(1);
    }
  }
};

CATCH_REGISTER_LISTENER(Failures)

}  // namespace

void expect(bool condition, const char* text, const char* file, int line) {
  if (!condition) {
    const std::lock_guard lock(g_mutex);
    if (g_failure.empty()) {
      g_failure = std::string(file) + ":" + std::to_string(line) + ": FAILED: " + text;
    }
  }
}

}  // namespace runard::test
