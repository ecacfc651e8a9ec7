#include <catch2/catch_test_macros.hpp>

#include "unit/sdk/run_service.h"

namespace {

using namespace std::chrono_literals;
using runar::Lifecycle;
using runar::Task;
using runar::testing::Host;
using test::Running;

class Timers : public runar::Service {
 public:
  void init(Lifecycle& lc) {
    lc.after(30ms, [this] { ran_.push_back("after"); });
    every_ = lc.every(10ms, [this] {
      ran_.push_back("every");
      if (ran_.size() == 5) {
        every_.cancel();
      }
    });
    lc.after(20ms, [this] { ran_.push_back("cancelled"); }).cancel();
    lc.post([this] { ran_.push_back("posted"); });
    lc.every(40ms, [this, &lc]() -> Task<void> {
      co_await lc.sleep(15ms);
      ran_.push_back("slow");
    });
    lc.after(5ms, [] { throw std::runtime_error("timer trouble"); });
    lc.action<void, std::vector<std::string>>("ran", [this] { return ran_; });
  }

 private:
  std::vector<std::string> ran_;
  runar::Timer every_;
};

}  // namespace

TEST_CASE("timers run in time order, repeat, and can be cancelled") {
  Running<Timers> it;
  it.host.advance(100ms);
  CHECK(it.host.call("it/ran").as<std::vector<std::string>>() ==
        std::vector<std::string>{"posted", "every", "every", "after", "every", "slow", "slow"});
  CHECK(it.host.logs().at(0).text == "a timer's function failed: timer trouble");
  CHECK(it.host.finish().empty());
}

TEST_CASE("no timer runs after stop") {
  Running<Timers> it;
  it.host.advance(45ms);  // the slow one is asleep
  CHECK(it.host.finish().empty());
  it.host.advance(10s);
}

namespace {

template <int Mode>
class Phases : public runar::Service {
 public:
  Task<void> init(Lifecycle& lc) {
    lc.action<void, void>("a", [] {});
    if constexpr (Mode == 1) {
      throw runar::Error(RUNAR_E_UNAVAILABLE, "no database");
    }
    co_return;
  }
  Task<void> start(Lifecycle& lc) {
    co_await lc.sleep(Mode == 3 ? never() : 10ms);
    if constexpr (Mode == 2) {
      throw std::runtime_error("no luck");
    }
  }
  Task<void> stop(Lifecycle& lc) { co_await lc.sleep(1ms); }

 private:
  static std::chrono::milliseconds never() { return 1h; }
};

std::string failure(runar_plugin_v1_fn entry) {
  Host host;
  host.load(entry);
  try {
    host.run("it");
  } catch (const runar::Error& error) {
    const std::string told = std::to_string(error.code()) + " " + error.what();
    return host.finish().empty() ? told : "problems";
  }
  return host.finish().empty() ? "fine" : "problems";
}

struct Broken : runar::Service {
  Broken() { throw std::runtime_error("not made"); }
};
struct BrokenInit : runar::Service {
  void init(Lifecycle&) { throw runar::app_error(2, "two"); }
};
struct BrokenStop : runar::Service {
  void stop(Lifecycle&) { throw std::runtime_error("can't stop"); }
};

}  // namespace

TEST_CASE("phases may be coroutines, and what they throw fails the service") {
  CHECK(failure(&test::entry_of<Phases<0>>) == "fine");
  CHECK(failure(&test::entry_of<Phases<1>>) == "-10 no database");
  CHECK(failure(&test::entry_of<Phases<2>>) == "-14 no luck");
  CHECK(failure(&test::entry_of<Phases<3>>) == "fine");  // virtual time: an hour is nothing
}

TEST_CASE("what plain phases throw fails the service too") {
  CHECK(failure(&test::entry_of<Broken>) == "-14 not made");
  CHECK(failure(&test::entry_of<BrokenInit>) == "-1002 two");
  Host host;
  host.load(&test::entry_of<BrokenStop>);
  host.run("it");
  CHECK(host.finish() == std::vector<std::string>{"main:it: stop failed: can't stop"});
}

namespace {

struct Database {
  std::string url;
  std::optional<int> pool;
  RUNAR_FIELDS(url, pool)
};

class Configured : public runar::Service {
 public:
  void init(Lifecycle& lc) { read(lc); }
  void reconfigure(Lifecycle& lc) { read(lc); }
  void health(Lifecycle& lc) {
    if (lc.config().get<bool>("sick", false)) {
      throw runar::Error(RUNAR_E_UNAVAILABLE, "sick");
    }
  }
  void cancelled(Lifecycle& lc, runar_id request) { runar::log_info(lc, "gone {}", request != 0); }

 private:
  void read(Lifecycle& lc) {
    const int digits = lc.config().get<int>("precision", 12);
    const auto database = lc.config().find<Database>("database");
    runar::log_info(lc, "{} {digits} {url}", lc.path(), runar::kv("digits", digits),
                    runar::kv("url", database ? database->url : std::string("none")));
    if (lc.config().has("must")) {
      lc.config().require<std::string>("must.be.text");
    }
  }
};

std::string refused_config(const char* json) {
  Host host;
  host.load(&test::entry_of<Configured>);
  try {
    host.run("it", {.config = json});
  } catch (const runar::Error& error) {
    return error.what();
  }
  return host.logs().back().text;
}

}  // namespace

TEST_CASE("configuration is read with types") {
  CHECK(refused_config("{}") == "it 12 none");
  CHECK(refused_config(R"({"precision":3,"database":{"url":"x"}})") == "it 3 x");
  CHECK(refused_config(R"({"precision":null})") == "it 12 none");
}

TEST_CASE("a wrong configuration is told with its key") {
  CHECK(refused_config(R"({"precision":"3"})") ==
        "config.precision: expected an integer, found a text");
  CHECK(refused_config(R"({"database":{}})") == "config.database.url: is missing");
  CHECK(refused_config(R"({"database":{"url":"x","pool":"y"}})") ==
        "config.database.pool: expected an integer, found a text");
  CHECK(refused_config(R"({"database":[]})") == "config.database: expected a map, found a list");
  CHECK(refused_config(R"({"must":1})") == "config.must.be.text: is missing");
  CHECK(refused_config("[]") == "config: expected a map");
  CHECK(refused_config("{") == "JSON 1:2: expected a member's name in quotes");
}

TEST_CASE("a new configuration is taken, or the old one stays") {
  Host host;
  host.load(&test::entry_of<Configured>);
  const auto service = host.run("it", {.config = R"({"precision":1})"});
  std::string why;
  CHECK(host.reconfigure(service, R"({"precision":2,"sick":true})") == RUNAR_OK);
  CHECK(host.logs().back().text == "it 2 none");
  CHECK(host.health(service, &why) == RUNAR_E_UNAVAILABLE);
  CHECK(why == "sick");
  CHECK(host.reconfigure(service, R"({"precision":"x"})", &why) == RUNAR_E_INVALID);
  CHECK(why == "config.precision: expected an integer, found a text");
  CHECK(host.reconfigure(service, "oops", &why) == RUNAR_E_INVALID);
  CHECK(host.health(service) == RUNAR_E_UNAVAILABLE);  // still the second one
  CHECK(host.finish().empty());
}

TEST_CASE("optional hooks are offered only by services that have them") {
  constexpr auto kNone = runar::service<Timers>("t").record();
  CHECK(kNone.reconfigure == nullptr);
  CHECK(kNone.health == nullptr);
  CHECK(kNone.cancelled == nullptr);
  constexpr auto kAll = runar::service<Configured>("t").summary("s").exclusive().record();
  CHECK(kAll.reconfigure != nullptr);
  CHECK(kAll.health != nullptr);
  CHECK(kAll.cancelled != nullptr);
  STATIC_CHECK(kAll.flags == RUNAR_TYPE_EXCLUSIVE);
}

namespace {

class Logging : public runar::Service {
 public:
  void init(Lifecycle& lc) {
    lc.action<void, void>("log", [](const runar::Request& rq) {
      runar::log_error(rq, "{} {} {name} {} {missing} {", 1, true, runar::kv("name", "ann"), 2.5);
      runar::log_trace(rq, "not shown");
      runar::log_debug(rq, "plain");
    });
  }
};

}  // namespace

TEST_CASE("log lines carry their level, their fields and the request") {
  Running<Logging> it;
  const auto pending = it.host.begin_call("it/log", runar::testing::Body{});
  it.host.run();
  const auto logs = it.host.logs();
  REQUIRE(logs.size() == 2);
  CHECK(logs[0].text == "1 true ann 2.5 {missing} {");
  CHECK(logs[0].level == RUNAR_LOG_ERROR);
  CHECK(logs[0].fields == runar::testing::Metadata{{"name", "ann"}});
  CHECK(logs[0].request == pending.id());
  CHECK(logs[1].text == "plain");
  CHECK(it.host.finish().empty());
}

namespace {

struct Pet {
  std::string name;
  RUNAR_FIELDS(name)
};

class Ending : public runar::Service {
 public:
  void init(Lifecycle& lc) {
    early_ = lc.end();
    lc.action<void, bool>("early", [this] { return early_; });
    lc.action<void, bool>("end", [&lc] { return lc.end(); });
    lc.action<void, bool>(
        "fail", [&lc] { return lc.end(runar::Error(RUNAR_E_UNAVAILABLE, "the disk is gone")); });
  }

 private:
  bool early_ = true;
};

class Typed : public runar::Service {
 public:
  void init(Lifecycle& lc) {
    const auto pet = lc.declare_type<Pet>("com.example.Pet");
    const auto again = lc.declare_type<Pet>("com.example.Pet");
    const auto other = lc.declare_type("com.example.Other", R"({"type":"object"})");
    lc.action<void, bool>("ids", [=] { return pet != 0 && pet == again && pet != other; });
    lc.action<void, runar::Payload>(
        "pet", [pet] { return runar::Payload::cbor(Pet{"Rex"}).of_type(pet); });
    lc.action<runar::Payload, bool>("is_pet",
                                    [pet](const runar::Payload& in) { return in.type() == pet; });
  }
};

}  // namespace

TEST_CASE("a service that runs may end by itself, once, with or without an error") {
  for (const auto& [action, status] : {std::pair<const char*, runar_status>("it/end", RUNAR_OK),
                                       {"it/fail", RUNAR_E_UNAVAILABLE}}) {
    Host host;
    host.load(&test::entry_of<Ending>);
    const auto it = host.run("it");
    CHECK_FALSE(host.call("it/early").as<bool>());
    CHECK_FALSE(host.ended(it));
    CHECK(host.call(action).as<bool>());
    CHECK(host.ended(it) == status);
    CHECK_FALSE(host.call(action).as<bool>());
    host.stop(it);
  }
}

TEST_CASE("types are declared, and payloads may name them") {
  Running<Typed> it;
  CHECK(it.host.call("it/ids").as<bool>());
  CHECK(it.host.call("it/pet").as<Pet>().name == "Rex");
  CHECK_FALSE(it.host.call("it/is_pet", runar::testing::Body{}).as<bool>());
  CHECK(it.host.finish().empty());
}

TEST_CASE("a type that is refused fails init, with its name") {
  class Nameless : public runar::Service {
   public:
    void init(Lifecycle& lc) { lc.declare_type("", "{}"); }
  };
  Host host;
  host.load(&test::entry_of<Nameless>);
  CHECK_THROWS_AS(host.run("it"), runar::Error);
  CHECK(host.finish().size() == 1);
}

TEST_CASE("a type may be refused as a daemon would that has no room") {
  Host host;
  host.load(&test::entry_of<Typed>);
  host.refuse("declare_type", RUNAR_E_BUSY);
  try {
    host.run("it");
    FAIL("it ran");
  } catch (const runar::Error& error) {
    CHECK(error.code() == RUNAR_E_BUSY);
    CHECK(error.text().find("com.example.Pet") != std::string::npos);
  }
}

TEST_CASE("an action that comes after init is refused, as the daemon does") {
  class Late : public runar::Service {
   public:
    void init(Lifecycle& lc) {
      lc.action<void, bool>("early", [] { return true; });
    }
    void start(Lifecycle& lc) {
      lc.action<void, bool>("late", [] { return true; });
    }
  };
  Host host;
  host.load(&test::entry_of<Late>);
  CHECK_THROWS_AS(host.run("it"), runar::Error);
  CHECK(host.finish().size() == 1);
}
