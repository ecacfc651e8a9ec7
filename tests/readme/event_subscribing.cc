// Hears math/result, also what was published in the last minute before it came.
#include <runar/plugin.hpp>

namespace {

using namespace std::chrono_literals;
using runar::Event;

struct Heard {
  double value = 0;
  bool retained = false;
  bool remote = false;
  RUNAR_FIELDS(value, retained, remote)
};

class Listener : public runar::Service {
 public:
  void init(runar::Lifecycle& lc) {
    lc.subscribe<double>("math/result",
                         [this](double value, const Event& event) {
                           runar::log_info(event, "received math result: {}", value);
                           heard_.push_back({value, event.retained(), event.remote()});
                         },
                         {.include_past = 60s});
    lc.action<void, std::vector<Heard>>("heard", [this] { return heard_; });
  }

 private:
  std::vector<Heard> heard_;
};

}  // namespace

RUNAR_PLUGIN("event-subscribing", "1.0.0", runar::service<Listener>("listener"));
