#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "unit/sdk/run_service.h"

namespace {

using runar::Request;
using runar::Task;
using runar::testing::Body;
using runar::testing::Host;
using runar::testing::Pending;
using runar::testing::Reply;
using test::Running;

struct Pair {
  int a = 0;
  int b = 0;
  RUNAR_FIELDS(a, b)
};

// One action for each shape that a handler may have.
class Shapes : public runar::Service {
 public:
  void init(runar::Lifecycle& lc) {
    lc.action<Pair, int>("sync", [](Pair in) { return in.a + in.b; });
    lc.action<Pair, int>("sync_request", [](Pair in, const Request& rq) {
      return rq.path() == "it/sync_request" ? in.a : -1;
    });
    lc.action<void, std::string>("nothing_in", [] { return std::string("here"); });
    lc.action<int, void>("nothing_out", [](int) {});
    lc.action<Pair, int>("coroutine", [](Pair in) -> Task<int> { co_return in.a* in.b; });
    lc.action<void, void>("coroutine_void", [](Request rq) -> Task<void> {
      runar::log_info(rq, "ran");
      co_return;
    });
    lc.action<Pair, int>("responder", [](Pair in, Request, runar::Responder<int> responder) {
      responder.respond(in.b);
    });
    lc.action<runar::Payload, runar::Payload>("raw", [](runar::Payload in) { return in; });
    lc.action<void, runar::Payload>("raw_request", [](const Request& rq) {
      return runar::Payload::text(std::to_string(rq.bytes().size()));
    });
    lc.action<void, std::string>("users/{id}/{n}", [](const Request& rq) {
      return std::string(rq.param("id")) + "+" + std::to_string(rq.param<int>("n")) + "+" +
             std::string(rq.param("none"));
    });
    lc.action<void, std::string>("who", [](const Request& rq) {
      std::string all(rq.caller_profile());
      return all.append("@").append(rq.caller_node()).append(" ").append(rq.meta("lang"));
    });
    lc.action<std::string, std::string>("large", [](const std::string& in) { return in + in; });
  }
};

class Failing : public runar::Service {
 public:
  void init(runar::Lifecycle& lc) {
    lc.action<void, int>("error", []() -> int { throw runar::Error(RUNAR_E_DENIED, "not you"); });
    lc.action<void, int>("app", []() -> int { throw runar::app_error(7, "seven"); });
    lc.action<void, int>("std", []() -> int { throw std::out_of_range("beyond"); });
    lc.action<void, int>("other", []() -> int { throw 5; });  // NOLINT
    lc.action<void, int>("memory", []() -> int { throw std::bad_alloc(); });
    lc.action<void, int>("coroutine", []() -> Task<int> {
      throw runar::app_error(8, "eight");
      co_return 1;
    });
    lc.action<void, int>("dropped", [](Request, runar::Responder<int>) {});
    lc.action<int, int>("typed", [](int in) { return in; });
    lc.action<int, int>("typed_responder", [](int in, Request, runar::Responder<int> responder) {
      responder.respond(in);
    });
    lc.action<int, int>("typed_coroutine", [](int in, Request) -> Task<int> { co_return in; });
    lc.action<void, int>("good_code", []() -> int { throw runar::Error(RUNAR_OK, "odd"); });
  }
};

}  // namespace

TEST_CASE("handlers answer by returning, by a coroutine or by a responder") {
  Running<Shapes> it;
  Host& host = it.host;
  CHECK(host.call("it/sync", Pair{1, 2}).as<int>() == 3);
  CHECK(host.call("it/sync_request", Pair{1, 2}).as<int>() == 1);
  CHECK(host.call("it/nothing_in").as<std::string>() == "here");
  CHECK(host.call("it/nothing_out", 1).body.show() == "null");
  CHECK(host.call("it/coroutine", Pair{6, 7}).as<int>() == 42);
  CHECK(host.call("it/coroutine_void").body.show() == "null");
  CHECK(host.call("it/responder", Pair{1, 2}).as<int>() == 2);
  CHECK(host.finish().empty());
}

TEST_CASE("raw handlers get and give bytes as they are") {
  Running<Shapes> it;
  const Reply reply = it.host.call("it/raw", Body{{1, 2, 255}, RUNAR_ENC_RAW});
  CHECK(reply.body.bytes == runar::Bytes{1, 2, 255});
  CHECK(reply.body.encoding == RUNAR_ENC_RAW);
  CHECK(it.host.call("it/raw_request", Body{{1, 2, 255}, RUNAR_ENC_RAW}).body.show() == "3");
  CHECK(it.host.finish().empty());
}

TEST_CASE("path parameters reach the handler, and are checked when numbers are asked for") {
  Running<Shapes> it;
  CHECK(it.host.call("it/users/ann/5").as<std::string>() == "ann+5+");
  CHECK(it.host.call("it/users/a%2Fb/-1").as<std::string>() == "a/b+-1+");
  const Reply bad = it.host.call("it/users/ann/5x");
  CHECK(bad.status == RUNAR_E_INVALID);
  CHECK(bad.message == "n: expected an integer, found \"5x\"");
  CHECK(it.host.finish().empty());
}

TEST_CASE("the caller and its metadata are shown") {
  Running<Shapes> it;
  runar::testing::Asking asking;
  asking.caller_profile = "p1";
  asking.caller_node = "n2";
  asking.meta = {{"lang", "de"}};
  CHECK(it.host.call("it/who", Body{}, asking).as<std::string>() == "p1@n2 de");
  CHECK(it.host.finish().empty());
}

TEST_CASE("answers beyond the inline space are handed over and freed") {
  Running<Shapes> it;
  const std::string text(100000, 'x');
  CHECK(it.host.call("it/large", text).as<std::string>().size() == 200000);
  CHECK(it.host.finish().empty());
}

TEST_CASE("an answer that the host refuses becomes an error of its kind") {
  Running<Shapes> it;
  const Reply reply = it.host.call("it/large", std::string(3U << 20, 'x'));
  CHECK(reply.status == RUNAR_E_TOO_LARGE);
  it.host.refuse("buf_wrap", RUNAR_E_NO_MEMORY);
  CHECK(it.host.call("it/large", std::string(1000, 'x')).status == RUNAR_E_NO_MEMORY);
  CHECK(it.host.finish().empty());
}

TEST_CASE("what a handler throws becomes the answer") {
  Running<Failing> it;
  const auto answer = [&](const char* path) {
    const Reply reply = it.host.call(path);
    return std::to_string(reply.status) + " " + reply.message;
  };
  CHECK(answer("it/error") == "-6 not you");
  CHECK(answer("it/app") == "-1007 seven");
  CHECK(answer("it/std") == "-14 beyond");
  CHECK(answer("it/other") == "-14 unknown exception");
  CHECK(answer("it/memory") == "-13 out of memory");
  CHECK(answer("it/coroutine") == "-1008 eight");
  CHECK(answer("it/dropped") == "-14 the handler ended without an answer");
  CHECK(answer("it/good_code") == "-14 odd");
  CHECK(it.host.finish().empty());
}

TEST_CASE("an error is answered with whatever text it has") {
  struct Wordy : runar::Service {
    void init(runar::Lifecycle& lc) {
      lc.action<std::string, void>("say", [](const std::string& text) {
        throw runar::Error(RUNAR_E_DENIED, text + "\xe9\xff");
      });
      lc.action<Pair, int>("typed", [](Pair in) { return in.a; });
      lc.action<void, void>("none", [](Request, runar::Responder<void> responder) {
        responder.fail(RUNAR_OK, "no error");
      });
    }
  };
  Running<Wordy> it;
  CHECK(it.host.call("it/say", std::string("caf\u00e9")).message == "caf\u00e9??");
  CHECK(it.host.call("it/say", std::string(5000, 'x')).message == std::string(4096, 'x'));
  CHECK(it.host.call("it/say", std::string(4095, 'x') + "\u00e9").message ==
        std::string(4095, 'x'));
  CHECK(it.host.call("it/none").status == RUNAR_E_INTERNAL);
  // A key of 5000 bytes, and below it a text that is no UTF-8.
  runar::Bytes bytes{0xA1, 0x79, 5000 >> 8, 5000 & 0xFF};
  bytes.insert(bytes.end(), 5000, 'k');
  bytes.insert(bytes.end(), {0x62, 0xC3, 0x28});
  const Reply hostile = it.host.call("it/typed", Body{bytes, RUNAR_ENC_CBOR});
  CHECK(hostile.status == RUNAR_E_INVALID);
  CHECK(hostile.message == std::string(4096, 'k'));
  CHECK(it.host.finish().empty());
}

TEST_CASE("a host that refuses an error's text is told the error without it") {
  std::vector<std::string> told;
  const auto say = [&](runar_status first) {
    told.clear();
    return runar::detail::insist(
        [&](runar_str text) {
          told.emplace_back(runar::detail::view(text));
          return told.size() == 1 ? first : runar_status{RUNAR_OK};
        },
        "why");
  };
  CHECK(say(RUNAR_E_INVALID) == RUNAR_OK);
  CHECK(told == std::vector<std::string>{"why", "the error's own text was refused"});
  CHECK(say(RUNAR_E_STALE) == RUNAR_E_STALE);
  CHECK(told.size() == 1);
  CHECK(say(RUNAR_OK) == RUNAR_OK);
  CHECK(told.size() == 1);
}

TEST_CASE("input that does not fit is refused before the handler runs") {
  Running<Failing> it;
  CHECK(it.host.call("it/typed", Body{{0xFF}, RUNAR_ENC_CBOR}).message ==
        "expected an integer, found a break");
  CHECK(it.host.call("it/typed", Body{{0x01, 0x01}, RUNAR_ENC_CBOR}).message ==
        "bytes follow the value");
  CHECK(it.host.call("it/typed", Body::json("{")).message ==
        "JSON 1:2: expected a member's name in quotes");
  CHECK(it.host.call("it/typed", Body{{1}, RUNAR_ENC_RAW}).message == "expected CBOR or JSON");
  CHECK(it.host.call("it/typed", Body::json("5")).as<int>() == 5);
  for (const char* path : {"it/typed_responder", "it/typed_coroutine"}) {
    CHECK(it.host.call(path, Body::json("\"x\"")).message == "expected an integer, found a text");
    CHECK(it.host.call(path, Body::json("5")).as<int>() == 5);
  }
  CHECK(it.host.finish().empty());
}

namespace {

// Keeps its responders until it is told to use them.
class Later : public runar::Service {
 public:
  void init(runar::Lifecycle& lc) {
    lc.action<int, int>("keep", [this](int in, Request rq, runar::Responder<int> responder) {
      kept_.emplace_back(in, std::move(rq), std::move(responder));
    });
    lc.action<void, std::string>("answer", [this] {
      std::string paths;
      for (auto& [in, rq, responder] : kept_) {
        paths += std::string(rq.path()) + (responder.cancelled() ? "- " : "+ ");
        responder.respond(in * 10);
        responder.respond(in * 100);  // used up: does nothing
      }
      kept_.clear();
      return paths;
    });
    lc.action<void, void>("thread", [this](Request, runar::Responder<void> responder) {
      thread_ = std::thread([held = std::move(responder)]() mutable { held.respond(); });
    });
  }
  void stop(runar::Lifecycle&) {
    if (thread_.joinable()) {
      thread_.join();
    }
    kept_.clear();
  }

 private:
  struct Kept {
    Kept(int value, Request request, runar::Responder<int> to)
        : in(value), rq(std::move(request)), responder(std::move(to)) {}
    int in;
    Request rq;
    runar::Responder<int> responder;
  };
  std::vector<Kept> kept_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("a responder answers later, once, and knows when nobody waits any more") {
  Running<Later> it;
  const Pending first = it.host.begin_call("it/keep", 1);
  Pending second = it.host.begin_call("it/keep", 2);
  it.host.run();
  CHECK_FALSE(first.done());
  second.cancel();
  CHECK(it.host.call("it/answer").as<std::string>() == "it/keep+ it/keep- ");
  CHECK(first.reply().as<int>() == 10);
  CHECK(second.reply().status == RUNAR_E_CANCELLED);
  CHECK(it.host.finish().empty());
}

TEST_CASE("a request that nobody answers ends at its deadline") {
  Running<Later> it;
  const Pending pending = it.host.begin_call("it/keep", 1);
  it.host.advance(std::chrono::milliseconds(4999));
  CHECK_FALSE(pending.done());
  it.host.advance(std::chrono::milliseconds(1));
  CHECK(pending.reply().status == RUNAR_E_TIMEOUT);
  CHECK(it.host.finish().empty());
}

TEST_CASE("responders that are kept until stop answer when they die") {
  Running<Later> it;
  const Pending pending = it.host.begin_call("it/keep", 1);
  it.host.run();
  CHECK(it.host.finish().empty());
  CHECK(pending.reply().status == RUNAR_E_INTERNAL);
}

TEST_CASE("any thread may answer") {
  Running<Later> it;
  it.host.patience(std::chrono::seconds(30));
  CHECK(it.host.call("it/thread").ok());
  it.host.patience({});
  CHECK(it.host.finish().empty());
}

namespace {

class Registering : public runar::Service {
 public:
  void init(runar::Lifecycle& lc) {
    lc.action<void, void>("same", [] {});
    lc.action<void, void>("same", [] {});
  }
};
class Flags : public runar::Service {
 public:
  void init(runar::Lifecycle& lc) {
    lc.action<void, bool>("a", [&lc] { return lc.on_strand(); },
                          {.summary = "all of them",
                           .parallel = true,
                           .blocking = true,
                           .prompt = true,
                           .idempotent = true,
                           .max_concurrency = 3,
                           .timeout = std::chrono::seconds(2)});
    const auto id = lc.action<void, void>("gone", [] {});
    lc.remove(id);
  }
};

}  // namespace

TEST_CASE("a refused registration fails init and says which") {
  Host host;
  host.load(&test::entry_of<Registering>);
  const auto service = host.create("it");
  try {
    host.init(service);
    FAIL("init went through");
  } catch (const runar::Error& error) {
    CHECK(error.code() == RUNAR_E_EXISTS);
    CHECK(std::string(error.what()) == "same: exists already");
  }
  CHECK(host.finish().empty());
}

TEST_CASE("an action can be taken away") {
  Running<Flags> it;
  CHECK(it.host.action_paths() == std::vector<std::string>{"main:it/a"});
  CHECK(it.host.call("it/a").as<bool>());
  CHECK(it.host.call("it/gone").status == RUNAR_E_NOT_FOUND);
  CHECK(it.host.finish().empty());
}
