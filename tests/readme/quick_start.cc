// Two services of one node that communicate: visitor/visit asks greeter/greet.
#include <runar/plugin.hpp>

namespace {

using runar::Lifecycle;
using runar::Request;
using runar::Task;

class Greeter : public runar::Service {
 public:
  void init(Lifecycle& lc) {
    lc.action<std::string, std::string>(
        "greet", [](const std::string& name) { return "Hello, " + name + "!"; });
  }
};

class Visitor : public runar::Service {
 public:
  void init(Lifecycle& lc) {
    lc.action<std::string, std::string>(
        "visit", [](std::string name, Request rq) -> Task<std::string> {
          co_return co_await rq.call<std::string>("greeter/greet", name);
        });
  }
};

}  // namespace

RUNAR_PLUGIN("quick-start", "1.0.0", runar::service<Greeter>("greeter"),
             runar::service<Visitor>("visitor"));
