// math: the four operations. Each result is also published as math/result.
#include <runar/plugin.hpp>

namespace {

struct Operands {
  double a = 0;
  double b = 0;
  RUNAR_FIELDS(a, b)
};

struct Result {
  std::string operation;
  double a = 0;
  double b = 0;
  double value = 0;
  RUNAR_FIELDS(operation, a, b, value)
};

constexpr int kDivisionByZero = 1;  // application error, part of the service's contract

class Math : public runar::Service {
 public:
  void init(runar::Lifecycle& lc) {
    offer(lc, "add", "a + b", [](double a, double b) { return a + b; });
    offer(lc, "subtract", "a - b", [](double a, double b) { return a - b; });
    offer(lc, "multiply", "a * b", [](double a, double b) { return a * b; });
    offer(lc, "divide", "a / b; application error 1 when b is zero", divide);
  }

 private:
  using Operation = double (*)(double, double);

  static double divide(double a, double b) {
    if (b == 0) {
      throw runar::app_error(kDivisionByZero, "division by zero: b must not be 0");
    }
    return a / b;
  }

  static void offer(runar::Lifecycle& lc, std::string name, const char* summary,
                    Operation operation) {
    const auto handler = [&lc, name, operation](Operands in, const runar::Request& rq) {
      const double value = operation(in.a, in.b);
      runar::log_debug(rq, "{}({}, {}) = {}", name, in.a, in.b, value);
      const Result result{name, in.a, in.b, value};
      rq.publish(lc.path() + "/result", result);
      return value;
    };
    lc.action<Operands, double>(name, handler,
                                {.summary = summary, .prompt = true, .idempotent = true});
  }
};

}  // namespace

RUNAR_PLUGIN("math", "1.0.0", runar::service<Math>("math").summary("arithmetic on two numbers"));
