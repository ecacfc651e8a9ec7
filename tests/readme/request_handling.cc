// Actions with parameters: as a type, which checks itself, and as a map, which the handler checks.
#include <runar/plugin.hpp>

namespace {

using Params = std::map<std::string, double>;

struct Operands {
  double a = 0;
  double b = 0;
  RUNAR_FIELDS(a, b)
};

double get(const Params& params, const std::string& name) {
  const auto found = params.find(name);
  if (found == params.end()) {
    throw runar::Error(RUNAR_E_INVALID, name + ": is missing");
  }
  return found->second;
}

class Math : public runar::Service {
 public:
  void init(runar::Lifecycle& lc) {
    lc.action<Operands, double>("add", [](Operands in) { return in.a + in.b; });
    lc.action<Params, double>(
        "add_map", [](const Params& params) { return get(params, "a") + get(params, "b"); });
    lc.action<Operands, double>("divide", [](Operands in) {
      if (in.b == 0) {
        throw runar::app_error(1, "division by zero");
      }
      return in.a / in.b;
    });
  }
};

}  // namespace

RUNAR_PLUGIN("request-handling", "1.0.0", runar::service<Math>("math"));
