// Errors that travel up with the context of each level, in one service and through calls.
#include <cmath>
#include <runar/plugin.hpp>

namespace {

using runar::Error;
using runar::Request;
using runar::Task;

double some_operation(double input) {
  if (input < 0) {
    throw runar::app_error(1, "the input is negative");
  }
  if (std::isinf(input)) {
    throw std::runtime_error("out of range");  // not ours: becomes an internal error
  }
  return std::sqrt(input);
}

class MyService : public runar::Service {
 public:
  void init(runar::Lifecycle& lc) {
    lc.action<double, double>("method", [](double input) {
      try {
        return some_operation(input);
      } catch (const Error& error) {
        throw error.with_context("failed to perform operation");
      }
    });
    lc.action<double, double>("caller", [](double input, Request rq) -> Task<double> {
      try {
        co_return co_await rq.call<double>("errors/method", input);
      } catch (const Error& error) {
        throw error.with_context("failed to call");
      }
    });
    lc.action<std::string, void>(
        "to", [](std::string path, Request rq) -> Task<void> { co_await rq.call<void>(path); });
  }
};

}  // namespace

RUNAR_PLUGIN("error-handling", "1.0.0", runar::service<MyService>("errors"));
