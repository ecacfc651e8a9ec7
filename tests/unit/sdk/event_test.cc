#include <catch2/catch_test_macros.hpp>

#include "unit/sdk/run_service.h"

namespace {

using namespace std::chrono_literals;
using runar::Event;
using runar::Request;
using runar::Task;
using runar::Verdict;
using runar::testing::Body;
using runar::testing::Host;
using test::Running;

class Publisher : public runar::Service {
 public:
  void init(runar::Lifecycle& lc) {
    lc.action<void, void>("left", [](const Request& rq) { rq.publish("news/left", 1); });
    lc.action<void, void>("sent", [](const Request& rq) { rq.publish("news/sent", 2).send(); });
    lc.action<void, std::string>("awaited", [](Request rq) -> Task<std::string> {
      const runar::Receipt receipt = co_await rq.publish(
          "news/a-topic-that-needs-the-heap-for-sure", 3,
          {.broadcast = false,
           .guaranteed = true,
           .retain_for = 60s,
           .target = "a-node-with-a-name-that-needs-the-heap",
           .meta = {"a-key-that-needs-the-heap-for-sure", "and-so-does-its-value-of-course"},
           .owner_profile = "ann",
           .recipients = {"0123456789abcdefghijklmnog", "00000000000000000000000004"}});
      co_return std::to_string(receipt.reached) + (receipt.stored ? " stored" : " sent");
    });
    lc.action<std::string, void>("named", [](const std::string& profile, const Request& rq) {
      rq.publish("news/named", 4, {.recipients = {profile}}).send();
    });
    lc.action<void, void>("nothing", [](const Request& rq) { rq.publish("news/nothing"); });
  }
};

}  // namespace

TEST_CASE("an event is sent when the publication is left, sent or awaited") {
  Running<Publisher> it;
  CHECK(it.host.call("it/left").ok());
  CHECK(it.host.call("it/sent").ok());
  CHECK(it.host.call("it/awaited").as<std::string>() == "0 stored");
  CHECK(it.host.call("it/nothing").ok());
  const auto published = it.host.published();
  REQUIRE(published.size() == 4);
  CHECK(published[0].topic == "main:news/left");
  CHECK(published[0].flags == 0);
  CHECK(published[1].body.show() == "2");
  CHECK(published[2].flags == (RUNAR_PUB_LOCAL | RUNAR_PUB_GUARANTEED));
  CHECK(published[2].retain_ns == 60'000'000'000);
  CHECK(published[2].target == "a-node-with-a-name-that-needs-the-heap");
  CHECK(published[2].meta.at(0).first == "a-key-that-needs-the-heap-for-sure");
  CHECK(published[2].owner_profile == "ann");
  CHECK(published[2].recipients ==
        std::vector<std::string>{"0123456789abcdefghijklmnog", "00000000000000000000000004"});
  CHECK(published[3].body.show() == "null");
  CHECK(it.host.finish().empty());
}

TEST_CASE("a recipient that is no profile's id is refused, as by the daemon") {
  Running<Publisher> it;
  CHECK(it.host.call("it/named", std::string("0123456789abcdefghijklmnog")).ok());
  for (const std::string bad : {"", "ann", "0123456789abcdefghijklmno",
                                "0123456789abcdefghijklmnoh", "0123456789ABCDEFGHIJKLMNOG"}) {
    CHECK(it.host.call("it/named", bad).status == RUNAR_E_INVALID);
  }
  CHECK(it.host.published().size() == 1);
  CHECK(it.host.finish().empty());
}

TEST_CASE("a refused event is logged when left, thrown when sent or awaited") {
  Running<Publisher> it;
  it.host.refuse("publish", RUNAR_E_DENIED);
  CHECK(it.host.call("it/left").ok());
  const auto logs = it.host.logs();
  REQUIRE(logs.size() == 1);
  CHECK(logs[0].level == RUNAR_LOG_WARN);
  CHECK(logs[0].fields.at(0).second == "news/left");
  CHECK(it.host.call("it/sent").status == RUNAR_E_DENIED);
  const auto awaited = it.host.call("it/awaited");
  CHECK(awaited.status == RUNAR_E_DENIED);
  CHECK(awaited.message == "news/a-topic-that-needs-the-heap-for-sure: denied");
  CHECK(it.host.finish().empty());
}

namespace {

class Subscriber : public runar::Service {
 public:
  void init(runar::Lifecycle& lc) {
    lc.subscribe<int>("plain", [this](int value) { said("plain " + std::to_string(value)); });
    lc.subscribe<int>("users/{id}/>", [this](int value, const Event& event) {
      said(std::string(event.param("id")) + " " + std::string(event.topic()) + " " +
           std::to_string(value) + (event.retained() ? " retained" : ""));
    });
    lc.subscribe<void>("raw", [this](const Event& event) {
      said("raw " + std::to_string(event.bytes().size()) + " " + event.as<std::string>());
    });
    lc.subscribe<int>("coroutine", [this, &lc](int value, Event event) -> Task<void> {
      const std::string_view topic = event.topic();
      co_await lc.sleep(10ms);
      said(std::string(topic) + std::to_string(value));
    });
    lc.subscribe<int>("verdict", [this](int value, const Event& event) {
      said(std::string("verdict") + (event.redelivered() ? " again" : ""));
      return value == 0            ? Verdict::ok()
             : value == 1          ? Verdict::drop()
             : event.redelivered() ? Verdict::ok()
                                   : Verdict::retry(50ms);
    });
    lc.subscribe<int>("throws", [](int) { throw std::runtime_error("bad event"); });
    lc.subscribe<int>("coroutine_throws", [](int) -> Task<void> {
      throw std::runtime_error("bad event");
      co_return;
    });
    lc.subscribe<int>("durable_throws",
                      [this](int) -> Task<Verdict> {
                        if (++tries_ < 3) {
                          throw std::runtime_error("not yet");
                        }
                        co_return Verdict::ok();
                      },
                      {.group = "g", .durable = true});
    lc.subscribe<int>(
        "past",
        [this](int value, const Event& event) {
          said("past " + std::to_string(value) + (event.retained() ? " retained" : ""));
        },
        {.include_past = 60s});
    lc.action<void, std::vector<std::string>>("said", [this] { return std::exchange(said_, {}); });
  }

 private:
  void said(std::string text) { said_.push_back(std::move(text)); }
  std::vector<std::string> said_;
  int tries_ = 0;
};

std::vector<std::string> said(Host& host) {
  return host.call("it/said").as<std::vector<std::string>>();
}
using Said = std::vector<std::string>;

}  // namespace

TEST_CASE("handlers receive events with their value, topic and parameters") {
  Running<Subscriber> it;
  it.host.publish("plain", 1);
  it.host.publish("users/ann/login/web", 2);
  it.host.publish("raw", std::string("text"));
  CHECK(said(it.host) == Said{"plain 1", "ann users/ann/login/web 2", "raw 5 text"});
  CHECK(it.host.finish().empty());
}

TEST_CASE("a coroutine's event is done with when the coroutine ends") {
  Running<Subscriber> it;
  it.host.publish("coroutine", 7);
  CHECK(it.host.verdicts().empty());
  it.host.advance(10ms);
  CHECK(it.host.verdicts() == std::vector<std::uint32_t>{RUNAR_EVENT_OK});
  CHECK(said(it.host) == Said{"coroutine7"});
  CHECK(it.host.finish().empty());
}

TEST_CASE("a verdict takes, drops or asks again later") {
  Running<Subscriber> it;
  it.host.publish("verdict", 0);
  it.host.publish("verdict", 1);
  it.host.publish("verdict", 2);
  it.host.advance(50ms);
  CHECK(it.host.verdicts() == std::vector<std::uint32_t>{RUNAR_EVENT_OK, RUNAR_EVENT_DROP,
                                                         RUNAR_EVENT_RETRY, RUNAR_EVENT_OK});
  CHECK(said(it.host) == Said{"verdict", "verdict", "verdict", "verdict again"});
  CHECK(it.host.finish().empty());
}

TEST_CASE("a handler that throws is logged; the event is dropped, or retried when durable") {
  Running<Subscriber> it;
  it.host.publish("throws", 1);
  it.host.publish("coroutine_throws", 1);
  CHECK(it.host.verdicts() == std::vector<std::uint32_t>{RUNAR_EVENT_DROP});
  auto logs = it.host.logs();
  REQUIRE(logs.size() == 2);
  CHECK(logs[0].text == "an event's handler failed: bad event");
  CHECK(logs[0].level == RUNAR_LOG_ERROR);
  it.host.publish("durable_throws", 1);
  it.host.advance(2s);
  CHECK(it.host.verdicts() == std::vector<std::uint32_t>{RUNAR_EVENT_DROP, RUNAR_EVENT_RETRY,
                                                         RUNAR_EVENT_RETRY, RUNAR_EVENT_OK});
  CHECK(it.host.finish().empty());
}

TEST_CASE("an event that does not decode is logged and dropped") {
  Running<Subscriber> it;
  it.host.publish("plain", std::string("no number"));
  it.host.publish("coroutine", std::string("no number"));
  CHECK(it.host.verdicts() == std::vector<std::uint32_t>{RUNAR_EVENT_DROP});
  CHECK(it.host.logs().at(0).text ==
        "an event's handler failed: expected an integer, found a text");
  CHECK(said(it.host).empty());
  CHECK(it.host.finish().empty());
}

namespace {

class Waiting : public runar::Service {
 public:
  void init(runar::Lifecycle& lc) {
    lc.action<void, int>(
        "wait", [&lc](Request) -> Task<int> { co_return co_await lc.on<int>("signal", 1s, 10s); });
    lc.action<void, void>("service", [&lc](Request) -> Task<void> {
      co_await lc.wait_for_service("billing/eu", 3s);
    });
    lc.action<void, void>("keep",
                          [](const Request& rq) { rq.publish("signal", 9, {.retain_for = 60s}); });
  }
};

struct Row {
  std::string state;
  RUNAR_FIELDS(state)
};

}  // namespace

TEST_CASE("one event can be waited for") {
  Running<Waiting> it;
  const auto pending = it.host.begin_call("it/wait", Body{});
  it.host.run();
  CHECK_FALSE(pending.done());
  it.host.publish("signal", 5);
  it.host.publish("signal", 6);
  CHECK(pending.reply().as<int>() == 5);
  CHECK(it.host.finish().empty());
}

TEST_CASE("waiting for an event that does not come ends in time") {
  Running<Waiting> it;
  const auto reply = it.host.call("it/wait");
  CHECK(reply.status == RUNAR_E_TIMEOUT);
  CHECK(reply.message == "no such event came");
  CHECK(it.host.now() == 2'000'000'000);
  CHECK(it.host.finish().empty());
}

TEST_CASE("a retained event ends the wait at once, an old one does not") {
  Running<Waiting> it;
  CHECK(it.host.call("it/keep").ok());
  CHECK(it.host.call("it/wait").as<int>() == 9);
  it.host.advance(11s);
  CHECK(it.host.call("it/wait").status == RUNAR_E_TIMEOUT);
  CHECK(it.host.finish().empty());
}

TEST_CASE("waiting ends with the service, and when the host refuses") {
  Running<Waiting> it;
  it.host.refuse("post", RUNAR_E_BUSY);
  CHECK(it.host.call("it/wait").status == RUNAR_E_BUSY);
  it.host.refuse("post", RUNAR_OK);
  it.host.refuse("subscribe", RUNAR_E_DENIED);
  CHECK(it.host.call("it/wait").status == RUNAR_E_DENIED);
  it.host.refuse("subscribe", RUNAR_OK);
  const auto pending = it.host.begin_call("it/wait", Body{});
  it.host.run();
  CHECK(it.host.finish().empty());
  CHECK(pending.reply().status == RUNAR_E_CANCELLED);
}

TEST_CASE("a service is waited for through the registry and its events") {
  Running<Waiting> it;
  std::string state = "starting";
  it.host.answer("$registry/services/billing%2Feu", [&](const runar::testing::Called&) {
    return runar::testing::Reply::of(std::vector<Row>{{"failed"}, {state}});
  });
  const auto by_event = it.host.begin_call("it/service", Body{});
  it.host.run();
  CHECK_FALSE(by_event.done());
  it.host.publish("$registry/services/billing%2Feu/state/running", std::string("x"));
  CHECK(by_event.reply().ok());

  const auto by_asking = it.host.begin_call("it/service", Body{});
  it.host.run();
  state = "running";
  it.host.advance(1s);
  CHECK(by_asking.reply().ok());
  CHECK(it.host.finish().empty());
}

TEST_CASE("a service that does not come is not waited for longer than asked") {
  Running<Waiting> it;
  const auto reply = it.host.call("it/service");  // no registry here: not found
  CHECK(reply.status == RUNAR_E_TIMEOUT);
  CHECK(reply.message == "billing/eu did not start in time");
  CHECK(it.host.finish().empty());
}
