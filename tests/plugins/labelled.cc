// "labelled": values with private fields under three sets of labels, and the same without.
//   echo, echo_plain         give back what they got
//   tell, tell_plain         publish it as labelled/told, retained for a minute
//   post                     publishes a letter as labelled/posted, retained for a minute; whom it
//                            is to is named as a recipient
//   reads                    whether this node can read a letter
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

struct Letter {
  std::string to;  // a profile's id, or nobody's
  runar::Private<std::string, "user"> text;
  RUNAR_FIELDS(to, text)
};

class Service : public runar::Service {
 public:
  void init(runar::Lifecycle& lc) {
    lc.action<Letter, bool>("post", [&lc](const Letter& in, const runar::Request& rq) {
      runar::PublishOptions options{.retain_for = std::chrono::minutes(1)};
      if (!in.to.empty()) {
        options.recipients.add(in.to);
      }
      rq.publish(lc.path() + "/posted", in, options).send();
      return true;
    });
    lc.action<Letter, bool>("reads", [](const Letter& in) { return in.text.has_value(); });
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
