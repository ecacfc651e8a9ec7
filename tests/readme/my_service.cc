// A service's life: init registers, start begins the background work, stop ends it and says so.
//
// Name, version and description stand in RUNAR_PLUGIN; path and network are the operator's choice.
#include <runar/plugin.hpp>

namespace {

using namespace std::chrono_literals;
using runar::Lifecycle;

struct About {
  std::string path;
  std::string network;
  int beats = 0;
  RUNAR_FIELDS(path, network, beats)
};

class MyService : public runar::Service {
 public:
  void init(Lifecycle& lc) {
    period_ = std::chrono::milliseconds(lc.config().get<int>("period_ms", 10'000));
    if (period_ <= 0ms) {
      throw runar::Error(RUNAR_E_INVALID, "config.period_ms: has to be above 0");
    }
    lc.action<void, About>("about", [this, &lc] { return About{lc.path(), lc.network(), beats_}; });
  }

  void start(Lifecycle& lc) {
    heartbeat_ = lc.every(period_, [this, &lc] { lc.publish(lc.path() + "/beat", ++beats_); });
    runar::log_info(lc, "started");
  }

  void stop(Lifecycle& lc) {
    heartbeat_.cancel();
    lc.publish(lc.path() + "/stopped", beats_);
    runar::log_info(lc, "stopped after {} beats", beats_);
  }

 private:
  std::chrono::milliseconds period_{};
  int beats_ = 0;
  runar::Timer heartbeat_;
};

}  // namespace

RUNAR_PLUGIN("my-service", "1.0.0",
             runar::service<MyService>("my-service").summary("My example service"));
