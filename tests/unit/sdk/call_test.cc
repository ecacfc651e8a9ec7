#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "unit/sdk/run_service.h"

namespace {

using namespace std::chrono_literals;
using runar::Request;
using runar::Task;
using runar::testing::Body;
using runar::testing::Called;
using runar::testing::Host;
using runar::testing::Pending;
using runar::testing::Reply;
using test::Running;

struct Pair {
  int a = 0;
  int b = 0;
  RUNAR_FIELDS(a, b)
};

Task<int> twice(const runar::Context& rq, int value) {
  co_return 2 * co_await rq.call<int>("other/echo", value);
}

class Caller : public runar::Service {
 public:
  void init(runar::Lifecycle& lc) {
    lc.action<int, int>("echo", [](int in) { return in; });
    lc.action<int, int>("nested", [](int in, Request rq) -> Task<int> {
      const int first = co_await rq.call<int>("it/echo", in);
      const int second = co_await rq.call<int>(std::string("it/") + "echo", first + 1);
      co_return second + co_await twice(rq, 10);
    });
    // Aggregates with strings as temporaries of a co_await: older compilers destroyed them twice.
    lc.action<void, int>("options", [](Request rq) -> Task<int> {
      co_return co_await rq.call<int>(
          "other/a-rather-long-path-that-needs-the-heap", Pair{1, 2},
          {.timeout = 3s,
           .target = "a-node-with-a-name-that-needs-the-heap",
           .idempotent = true,
           .direct = false,
           .meta = {"a-key-that-needs-the-heap-for-sure", "and-so-does-its-value-of-course"},
           .recipients = {"0123456789abcdefghijklmnog", "00000000000000000000000004"}});
    });
    lc.action<void, std::string>("failing", [](Request rq) -> Task<std::string> {
      try {
        co_await rq.call<int>("other/fails");
      } catch (const runar::Error& error) {
        co_return std::to_string(error.code()) + " " + error.what() + " " +
            std::to_string(static_cast<int>(error.executed())) + " " +
            std::to_string(error.app_code());
      }
      co_return "went through";
    });
    lc.action<void, int>("passes_on", [](Request rq) -> Task<int> {
      co_return co_await rq.call<int>("other/fails");
    });
    lc.action<void, void>(
        "no_result", [](Request rq) -> Task<void> { co_await rq.call<void>("other/anything"); });
    lc.action<void, int>("loop", [](Request rq) -> Task<int> {
      int sum = 0;
      for (int i = 0; i < 20000; ++i) {
        sum += co_await twice(rq, 1);
      }
      co_return sum;
    });
    lc.action<void, std::string>("keeps_views", [](Request rq) -> Task<std::string> {
      const std::string_view id = rq.meta("id");
      co_await rq.call<void>("other/slow");
      co_return std::string(id) + std::string(rq.path());
    });
    lc.action<int, int>("recursive", [](int depth, Request rq) -> Task<int> {
      if (depth == 0) {
        co_return 0;
      }
      co_return 1 + co_await rq.call<int>("it/recursive", depth - 1);
    });
  }
};

struct Setting {
  Running<Caller> it;
  Host& host = it.host;
  bool direct;
  explicit Setting(bool allow_direct) : direct(allow_direct) {
    host.allow_direct(direct);
    host.answer("other/echo", [](const Called& call) { return Reply::of(call.body.as<int>()); });
    host.answer("other/fails",
                [](const Called&) { return Reply::error(RUNAR_E_APP - 3, "no luck"); });
    host.answer_with("other/anything", std::string("ignored"));
  }
};

}  // namespace

TEST_CASE("a coroutine awaits calls, whether they answer inside or later") {
  for (const bool direct : {true, false}) {
    Setting with(direct);
    CHECK(with.host.call("it/nested", 5).as<int>() == 26);
    CHECK(with.host.call("it/no_result").ok());
    CHECK(with.host.call("it/recursive", 20).as<int>() == 20);
    CHECK(with.host.finish().empty());
  }
}

TEST_CASE("calls from a request name it as their parent and ask for direct calls") {
  Setting with(true);
  const Pending pending = with.host.begin_call("it/nested", 1);
  with.host.run();
  const auto called = with.host.called();
  REQUIRE(called.size() == 3);
  for (const Called& call : called) {
    CHECK(call.parent == pending.id());
    CHECK(call.flags == RUNAR_CALL_DIRECT);
  }
  CHECK(with.host.finish().empty());
}

TEST_CASE("call options reach the host, even as temporaries") {
  Setting with(true);
  with.host.answer_with("other/a-rather-long-path-that-needs-the-heap", 4);
  CHECK(with.host.call("it/options").as<int>() == 4);
  const auto called = with.host.called();
  REQUIRE(called.size() == 1);
  CHECK(called[0].flags == RUNAR_CALL_IDEMPOTENT);
  CHECK(called[0].deadline_ns == with.host.now() + 3'000'000'000);
  CHECK(called[0].target == "a-node-with-a-name-that-needs-the-heap");
  CHECK(called[0].meta.at(0).second == "and-so-does-its-value-of-course");
  CHECK(called[0].recipients ==
        std::vector<std::string>{"0123456789abcdefghijklmnog", "00000000000000000000000004"});
  CHECK(called[0].body.show() == R"({"a":1,"b":2})");
  CHECK(with.host.finish().empty());
}

TEST_CASE("a message names up to sixteen profiles, as the ABI does, and eight pairs of metadata") {
  runar::Texts profiles;
  for (int i = 0; i < 16; ++i) {
    profiles.add("0123456789abcdefghijklmnog");
  }
  CHECK(profiles.size() == 16);
  CHECK_THROWS_AS(profiles.add("one more"), runar::Error);
  runar::Meta pairs;
  for (int i = 0; i < 8; ++i) {
    pairs.add("key", "value");
  }
  CHECK_THROWS_AS(pairs.add("key", "value"), runar::Error);
}

TEST_CASE("a failed call throws its code, text and whether it was done") {
  for (const bool direct : {true, false}) {
    Setting with(direct);
    CHECK(with.host.call("it/failing").as<std::string>() == "-1003 no luck 1 3");
    const Reply passed = with.host.call("it/passes_on");
    CHECK(passed.status == RUNAR_E_APP - 3);
    CHECK(passed.message == "no luck");
    CHECK(with.host.finish().empty());
  }
}

TEST_CASE("a call that the host refuses at once throws too") {
  Setting with(true);
  with.host.refuse("call", RUNAR_E_BUSY);
  CHECK(with.host.call("it/failing").as<std::string>() == "-7 other/fails: busy 1 -1");
  CHECK(with.host.finish().empty());
}

TEST_CASE("a result of the wrong type is an error of the caller's side") {
  Setting with(true);
  with.host.answer_with("other/echo", std::string("text"));
  const Reply reply = with.host.call("it/nested", 1);
  CHECK(reply.status == RUNAR_E_INVALID);
  CHECK(reply.message == "expected an integer, found a text");
  CHECK(with.host.finish().empty());
}

TEST_CASE("a long loop of calls that answer inside does not use up the stack") {
  Setting with(true);
  CHECK(with.host.call("it/loop").as<int>() == 40000);
  CHECK(with.host.finish().empty());
}

TEST_CASE("what a coroutine saw of its request stays valid while it waits") {
  Setting with(true);
  with.host.allow_direct(false);
  with.host.answer_with("other/slow", 1);
  std::string id = "a-metadata-value-that-needs-the-heap";
  runar::testing::Asking asking;
  asking.meta = {{"id", id}};
  CHECK(with.host.call("it/keeps_views", Body{}, asking).as<std::string>() ==
        id + "it/keeps_views");
  CHECK(with.host.finish().empty());
}

TEST_CASE("when the caller goes away, the calls made for it end and the coroutine with them") {
  Setting with(false);
  Pending pending = with.host.begin_call("it/recursive", 3);
  with.host.run();
  REQUIRE(pending.done());  // nothing waits: it ran through
  runar::testing::Asking soon;
  soon.deadline_ns = with.host.now() + 1;
  CHECK(with.host.call("it/keeps_views", Body{}, soon).status != RUNAR_OK);
  CHECK(with.host.finish().empty());
}

namespace {

// Handlers on many threads, answered from elsewhere: the host is a few lines that do just that.
class Racing : public runar::Service {
 public:
  void init(runar::Lifecycle& lc) {
    lc.action<int, int>("go", [](int in, Request rq) -> Task<int> {
      int sum = in;
      for (int i = 0; i < 50; ++i) {
        sum += co_await rq.call<int>("away");
      }
      co_return sum;
    });
  }
};

// A host whose calls are answered by another thread at once, so that the reply races with the
// return of call().
struct RaceHost {
  static inline runar_action action{};
  static inline std::atomic<int> answered{0};
  static inline std::atomic<int> sum{0};
  static inline std::vector<std::thread> threads;
  static inline std::mutex mutex;
  struct Order {
    runar_reply_fn fn;
    void* user;
  };
  static inline std::vector<Order> orders;
  static inline std::atomic<bool> over{false};

  static runar_status add_action(runar_ctx*, const runar_action* given, runar_id* out) {
    action = *given;
    *out = 1;
    return RUNAR_OK;
  }
  static runar_status call(runar_ctx*, const runar_call*, runar_reply_fn fn, void* user,
                           runar_id*) {
    const std::lock_guard lock(mutex);
    orders.push_back({fn, user});
    return RUNAR_OK;
  }
  static void serve() {
    while (!over) {
      std::vector<Order> taken;
      {
        const std::lock_guard lock(mutex);
        taken.swap(orders);
      }
      const std::uint8_t one = 1;
      auto reply = runar::detail::sized<runar_reply>();
      reply.payload = {{&one, 1}, nullptr, 0, RUNAR_ENC_CBOR, 0};
      for (const Order& order : taken) {
        order.fn(order.user, nullptr, 1, &reply);
      }
    }
  }
  static runar_status respond(runar_ctx*, runar_id, const runar_payload* payload) {
    sum += runar::testing::Body::copy(*payload).as<int>();
    ++answered;
    return RUNAR_OK;
  }
  static runar_status fail(runar_ctx*, runar_id, runar_status, runar_str, const runar_payload*) {
    ++answered;
    return RUNAR_OK;
  }
  static std::int64_t now() { return 0; }
};

}  // namespace

TEST_CASE("a reply on another thread may overtake the return of call") {
  runar_host host{};
  host.struct_size = sizeof host;
  host.add_action = &RaceHost::add_action;
  host.call = &RaceHost::call;
  host.respond = &RaceHost::respond;
  host.fail = &RaceHost::fail;
  host.now_ns = &RaceHost::now;
  const runar_plugin* plugin = test::entry_of<Racing>(&host, nullptr);
  auto args = runar::detail::sized<runar_service_args>();
  void* self = nullptr;
  REQUIRE(plugin->types[0]->create(nullptr, &args, &self, nullptr) == RUNAR_OK);
  REQUIRE(plugin->types[0]->init(self, nullptr, nullptr) == RUNAR_OK);

  std::thread server(&RaceHost::serve);
  std::thread second(&RaceHost::serve);
  constexpr int kRequests = 400;
  const std::uint8_t zero = 0;
  for (int i = 0; i < kRequests; ++i) {
    auto request = runar::detail::sized<runar_request>();
    request.id = static_cast<runar_id>(i + 1);
    request.payload = {{&zero, 1}, nullptr, 0, RUNAR_ENC_CBOR, 0};
    RaceHost::action.on_request(RaceHost::action.user, nullptr, &request);
  }
  while (RaceHost::answered < kRequests) {
    std::this_thread::yield();
  }
  RaceHost::over = true;
  server.join();
  second.join();
  CHECK(RaceHost::sum == kRequests * 50);
  RaceHost::action.drop_user(RaceHost::action.user);
  plugin->types[0]->destroy(self);
}
