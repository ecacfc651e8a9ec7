// A service whose health is what its configuration says: {"mood": "well"}, or what is wrong; the
// mood "impossible" is refused.
#include <runar/plugin.hpp>

namespace {

class Moody : public runar::Service {
 public:
  void init(runar::Lifecycle& lc) {
    take(lc);
    lc.action<void, std::string>("mood", [this] { return mood_; });
  }
  void reconfigure(runar::Lifecycle& lc) { take(lc); }
  void health(runar::Lifecycle&) {
    if (mood_ != "well") {
      throw runar::Error(RUNAR_E_UNAVAILABLE, mood_);
    }
  }

 private:
  void take(runar::Lifecycle& lc) {
    auto mood = lc.config().get<std::string>("mood", "well");
    if (mood == "impossible") {
      throw runar::Error(RUNAR_E_INVALID, "config.mood: nobody is like that");
    }
    mood_ = std::move(mood);
  }
  std::string mood_;
};

}  // namespace

RUNAR_PLUGIN("moody", "1.0.0", runar::service<Moody>("moody"));
