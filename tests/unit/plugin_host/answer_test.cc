// Answers to requests: once, by who was asked, in time.
#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "puppets.h"
#include "support/result_text.h"

using namespace runard;
using namespace runard::test;
using core::Errc;
using core::Executed;

TEST_CASE("an answer may come later, from a thread of the plugin") {
  Service service("slow");
  std::thread own;
  service.action("get", [&](runar_ctx* ctx, const runar_request* r) {
    own = std::thread([&service, ctx, id = r->id] {
      const runar_payload reply = payload("from afar");
      EXPECT(service.host()->respond(ctx, id, &reply) == RUNAR_OK);
    });
  });
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  CHECK(world.ask("slow/get").payload == "from afar");
  world.stop();  // now the handler has returned for certain
  own.join();
}

TEST_CASE("fail carries code, message and details") {
  Service service("s");
  runar_status code = RUNAR_E_DENIED;
  service.action("get", [&](runar_ctx* ctx, const runar_request* r) {
    const runar_payload details = payload("why");
    EXPECT(service.host()->fail(ctx, r->id, code, str("not you"), &details) == RUNAR_OK);
  });
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));

  Answer answer = world.ask("s/get");
  CHECK(answer.code == Errc::kDenied);
  CHECK(answer.message == "not you");
  CHECK(answer.payload == "why");
  CHECK(answer.executed == Executed::kYes);

  code = RUNAR_E_APP - 7;
  answer = world.ask("s/get");
  CHECK(answer.code == Errc::kApplication);
  CHECK(answer.app_code == RUNAR_E_APP - 7);

  code = RUNAR_E_BUSY;  // says that nothing was done: another provider may take it
  CHECK(world.ask("s/get").executed == Executed::kNo);
}

TEST_CASE("an error's text never loses the answer, however long and whatever stands in it") {
  Service service("s");
  std::string said;
  service.action("get", [&](runar_ctx* ctx, const runar_request* r) {
    EXPECT(service.host()->fail(ctx, r->id, RUNAR_E_INVALID, str(said), nullptr) == RUNAR_OK);
  });
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  const auto heard = [&](std::string text) {
    said = std::move(text);
    const Answer answer = world.ask("s/get");
    CHECK(answer.code == Errc::kInvalidParams);
    return answer.message;
  };
  CHECK(heard("two\nlines, na\u00efve") == "two\nlines, na\u00efve");
  CHECK(heard(std::string(4096, 'x')) == std::string(4096, 'x'));
  CHECK(heard(std::string(5000, 'x')) == std::string(4096, 'x'));
  CHECK(heard(std::string(4095, 'x') + "\u00e4") == std::string(4095, 'x'));
  CHECK(heard("caf\xe9 \u00e4 \xff\xc3") == "caf? \u00e4 ??");
  CHECK(heard(std::string(5000, '\xff')) == std::string(4096, '?'));
  CHECK(heard("") == "");
  CHECK(world.status("s").misuses == 0);
}

TEST_CASE("a typed service answers a request whose own bytes make the error's text") {
  PluginWorld world;
  REQUIRE(world.add({PluginWorld::spec("pair_cpp", "adder", "adder")}));
  std::string map = "\xA1\x79\x13\x88";  // a key of 5000 bytes
  map += std::string(5000, 'k') + "\x62\xC3\x28";
  rpc::Request request;
  request.network = "main";
  request.path = "adder/plain";
  request.payload = rpc::Payload::borrow(core::as_bytes(map), rpc::Encoding::kCbor);
  request.deadline = world.clock.now() + 10s;
  Asker asker;
  world.dispatcher.call(request, {&asker, {}});
  const Answer answer = asker.wait();
  CHECK(answer.code == Errc::kInvalidParams);
  CHECK(answer.message == std::string(4096, 'k'));
  CHECK(world.status("adder").abandoned == 0);
}

TEST_CASE("a second answer is stale, counted, and named in the log") {
  Service service("twice");
  std::atomic<runar_status> second{RUNAR_OK};
  service.action("get", [&](runar_ctx* ctx, const runar_request* r) {
    EXPECT(service.host()->respond(ctx, r->id, nullptr) == RUNAR_OK);
    second = service.host()->fail(ctx, r->id, RUNAR_E_INTERNAL, str("again"), nullptr);
  });
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));

  Asker asker;
  world.ask_async(asker, "twice/get");
  CHECK(asker.wait().code == Errc{});
  REQUIRE(eventually([&] { return second != RUNAR_OK; }));
  CHECK(second == RUNAR_E_STALE);
  CHECK(world.status("twice").stale_answers == 1);
  CHECK(asker.count() == 1);
  CHECK(
      world.logged("an answer came twice or too late node=edge-1 plugin=puppet "
                   "service=main:twice action=get"));
}

TEST_CASE("an answer after its deadline is taken, counted, and named in the log") {
  Service service("late");
  std::atomic<runar_id> id{0};
  service.action("get", [&](runar_ctx*, const runar_request* r) { id = r->id; });
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));

  Asker asker, failed;
  const auto wait_for_deadline = [&](Asker& of) {
    id = 0;
    world.ask_async(of, "late/get", "", 20ms);
    return eventually([&] {
      return id != 0 && service.host()->request_state(service.ctx(), id) == RUNAR_E_TIMEOUT;
    });
  };
  REQUIRE(wait_for_deadline(failed));  // perhaps because a callee was late: no one to blame
  CHECK(service.host()->fail(service.ctx(), id, RUNAR_E_TIMEOUT, {}, nullptr) == RUNAR_OK);
  CHECK(world.status("late").stale_answers == 0);

  REQUIRE(wait_for_deadline(asker));
  CHECK(service.host()->respond(service.ctx(), id, nullptr) == RUNAR_OK);
  CHECK(asker.wait().code == Errc{});
  CHECK(world.status("late").stale_answers == 1);
  CHECK(
      world.logged("an answer came after its deadline node=edge-1 plugin=puppet "
                   "service=main:late action=get request=" +
                   std::to_string(id) + " ms="));
}

TEST_CASE("of many threads that answer at once, exactly one is accepted") {
  Service service("race");
  std::atomic<int> accepted{0};
  std::atomic<int> answers{0};
  std::vector<std::thread> threads;  // of the strand
  service.action("get", [&](runar_ctx* ctx, const runar_request* r) {
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, ctx, id = r->id] {
        accepted += service.host()->respond(ctx, id, nullptr) == RUNAR_OK ? 1 : 0;
        ++answers;
      });
    }
  });
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  for (int round = 0; round < 50; ++round) {
    Asker asker;
    world.ask_async(asker, "race/get");
    CHECK(asker.wait().code == Errc{});
    CHECK(eventually([&] { return answers == 4 * (round + 1); }));
    CHECK(accepted == round + 1);
    CHECK(asker.count() == 1);
  }
  world.stop();
  for (std::thread& thread : threads) {
    thread.join();
  }
}

TEST_CASE("a request that is never answered ends a grace after its deadline") {
  Service service("never");
  std::atomic<runar_id> id{0};
  service.action("get", [&](runar_ctx*, const runar_request* r) { id = r->id; });
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));

  Asker asker;
  world.ask_async(asker, "never/get", "", 50ms);
  const Answer answer = asker.wait();

  CHECK(answer.code == Errc::kHandlerAbandoned);
  CHECK(answer.executed == Executed::kUnknown);
  CHECK(eventually([&] { return world.status("never").in_flight == 0; }));
  CHECK(eventually([&] { return world.status("never").abandoned == 1; }));
  CHECK(eventually([&] {
    return world.logged(
        "a request was never answered node=edge-1 plugin=puppet service=main:never action=get");
  }));
  // What comes now comes too late.
  CHECK(service.host()->respond(service.ctx(), id, nullptr) == RUNAR_E_STALE);
  CHECK(service.host()->request_state(service.ctx(), id) == RUNAR_E_STALE);
  CHECK(asker.count() == 1);
}

TEST_CASE("a reply beyond the payload limit is refused, and the request stays open") {
  Service service("big");
  runar_status status = RUNAR_OK;
  service.action("get", [&](runar_ctx* ctx, const runar_request* r) {
    const std::string bytes(1001, 'x');
    const runar_payload reply = payload(bytes);
    status = service.host()->respond(ctx, r->id, &reply);
    service.host()->fail(ctx, r->id, RUNAR_E_TOO_LARGE, str("it is large"), nullptr);
  });
  PluginWorld world([](plugin_host::Options& options) { options.limits.payload = 1000; });
  REQUIRE(world.add({service.spec()}));
  CHECK(world.ask("big/get").code == Errc::kTooLarge);
  CHECK(status == RUNAR_E_TOO_LARGE);
}

TEST_CASE("another instance's requests can't be answered") {
  Service mine("mine");
  Service other("other");
  runar_status status = RUNAR_OK;
  mine.action("get", [&](runar_ctx* ctx, const runar_request* r) {
    status = other.host()->respond(other.ctx(), r->id, nullptr);
    mine.host()->respond(ctx, r->id, nullptr);
  });
  other.echo();
  PluginWorld world;
  REQUIRE(world.add({mine.spec(), other.spec()}));
  CHECK(world.ask("mine/get").code == Errc{});
  CHECK(status == RUNAR_E_STALE);
}
