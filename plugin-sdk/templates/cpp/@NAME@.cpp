// @NAME@: a runard service. Build it, copy @NAME@.so into the daemon's plugin folder, then:
//   runarctl call @NAME@/greet name=World
#include <runar/plugin.hpp>

namespace {

struct Greeting {
  std::string name;
  int times = 1;
  RUNAR_FIELDS(name, times)
  RUNAR_OPTIONAL(times)
};

class Service : public runar::Service {
 public:
  void init(runar::Lifecycle& lc) {
    greeting_ = lc.config().get<std::string>("greeting", "Hello");

    lc.action<Greeting, std::string>("greet", [this, &lc](Greeting in, const runar::Request& rq) {
      if (in.times < 1) {
        throw runar::Error(RUNAR_E_INVALID, "times: at least 1");
      }
      std::string text = greeting_ + ", " + in.name;
      text.append(static_cast<std::size_t>(in.times), '!');
      runar::log_info(rq, "greeted {name}", runar::kv("name", in.name));
      rq.publish(lc.path() + "/greeted", text);
      return text;
    });
  }

 private:
  std::string greeting_;
};

}  // namespace

RUNAR_PLUGIN("@NAME@", "0.1.0", runar::service<Service>("@NAME@").summary("greets"));
