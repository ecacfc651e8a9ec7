// A service whose start waits until math runs somewhere and asks it; {"patience_ms": 8000}.
#include <runar/plugin.hpp>

namespace {

struct Terms {
  double a = 20;
  double b = 22;
  RUNAR_FIELDS(a, b)
};

class Waiter : public runar::Service {
 public:
  void init(runar::Lifecycle& lc) {
    lc.action<void, double>("sum", [this] { return sum_; });
  }
  runar::Task<void> start(runar::Lifecycle& lc) {
    const auto patience = lc.config().get<std::int64_t>("patience_ms", 8000);
    co_await lc.wait_for_service("math", std::chrono::milliseconds(patience));
    sum_ = co_await lc.call<double>("math/add", Terms{});
  }

 private:
  double sum_ = 0;
};

}  // namespace

RUNAR_PLUGIN("waiter", "1.0.0", runar::service<Waiter>("waiter"));
