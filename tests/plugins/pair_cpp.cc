// Two services in C++: "adder" answers, "caller" calls it N times from a coroutine, directly.
// The configuration of caller is {"result": the address of a struct pair_result, as text}.
#include <runar/plugin.hpp>

#include "pair.h"

namespace {

struct Operands {
  double a = 0;
  double b = 0;
  RUNAR_FIELDS(a, b)
};

class Adder : public runar::Service {
 public:
  void init(runar::Lifecycle& lc) {
    lc.action<Operands, double>("plain", [](Operands in) { return in.a + in.b; });
    lc.action<Operands, double>(
        "coroutine",
        [](Operands in, runar::Request) -> runar::Task<double> { co_return in.a + in.b; });
  }
};

class Caller : public runar::Service {
 public:
  void init(runar::Lifecycle& lc) {
    const auto address = lc.config().require<std::string>("result");
    result_ = reinterpret_cast<pair_result*>(std::stoull(address));
    lc.action<std::string, void>("run", [this](std::string path, runar::Request rq) {
      return rounds(std::move(path), std::move(rq));
    });
  }

 private:
  runar::Task<void> rounds(std::string path, runar::Request rq) {
    result_->before(result_->probe);
    for (std::uint64_t i = 0; i < result_->rounds; ++i) {
      if (result_->stamps != nullptr) {
        result_->stamps[i] = runar::detail::host->now_ns();
      }
      const double number = static_cast<double>(i);
      result_->answered += co_await rq.call<double>(path, Operands{number, 1}) == number + 1;
    }
    result_->after(result_->probe);
  }
  pair_result* result_ = nullptr;
};

}  // namespace

RUNAR_PLUGIN("pair_cpp", "1.0.0", runar::service<Adder>("adder"), runar::service<Caller>("caller"));
