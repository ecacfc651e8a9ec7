// "labelled": values with private fields under three sets of labels, and the same without.
//   echo, echo_plain         give back what they got
//   tell, tell_plain         publish it as labelled/told, retained for a minute
#include <runar/plugin.hpp>

namespace {

struct Plain {
  std::string name;
  std::string first;
  std::string second;
  std::string third;
  RUNAR_FIELDS(name, first, second, third)
};

// Every member of the network may read all of it.
struct Labelled {
  std::string name;
  runar::Private<std::string, "system"> first;
  runar::Private<std::string, "system_only"> second;
  runar::Private<std::string, "search"> third;
  RUNAR_FIELDS(name, first, second, third)
};

class Service : public runar::Service {
 public:
  void init(runar::Lifecycle& lc) {
    offer<Labelled>(lc, "echo", "tell");
    offer<Plain>(lc, "echo_plain", "tell_plain");
  }

 private:
  template <class Value>
  static void offer(runar::Lifecycle& lc, const char* echo, const char* tell) {
    lc.action<Value, Value>(echo, [](Value in) { return in; }, {.prompt = true});
    lc.action<Value, bool>(tell, [&lc](Value in, const runar::Request& rq) {
      rq.publish(lc.path() + "/told", in, {.retain_for = std::chrono::minutes(1)});
      return true;
    });
  }
};

}  // namespace

RUNAR_PLUGIN("labelled", "1.0.0", runar::service<Service>("labelled"));
