// Direct calls inside direct calls: circles, depth, stacks.
#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "puppets.h"
#include "support/result_text.h"

using namespace runard;
using namespace runard::test;
using core::Errc;

TEST_CASE("a service that calls itself, or is called back, is queued behind itself") {
  Service a("a");
  Service b("b");
  std::string order;
  a.action("leaf", [&](runar_ctx* ctx, const runar_request* r) {
    order += "leaf ";
    a.host()->respond(ctx, r->id, nullptr);
  });
  a.action("self", [&](runar_ctx* ctx, const runar_request* r) {
    call(
        a, "a/leaf", "",
        [&, ctx, id = r->id](runar_ctx*, runar_id, const runar_reply* reply) {
          order += "reply ";
          EXPECT(reply->status == RUNAR_OK);
          a.host()->respond(ctx, id, nullptr);
        },
        RUNAR_CALL_DIRECT, r->id);
    order += "self ";
  });
  b.action("back", [&](runar_ctx* ctx, const runar_request* r) {
    call(
        b, "a/leaf", "",
        [&, ctx, id = r->id](runar_ctx*, runar_id, const runar_reply*) {
          b.host()->respond(ctx, id, nullptr);
        },
        RUNAR_CALL_DIRECT, r->id);
  });
  a.action("round", [&](runar_ctx* ctx, const runar_request* r) {
    call(
        a, "b/back", "",
        [&, ctx, id = r->id](runar_ctx*, runar_id, const runar_reply*) {
          a.host()->respond(ctx, id, nullptr);
        },
        RUNAR_CALL_DIRECT, r->id);
    order += "round ";
  });
  PluginWorld world;
  REQUIRE(world.add({a.spec(), b.spec()}));
  CHECK(world.ask("a/self").code == Errc{});
  CHECK(order == "self leaf reply ");
  order.clear();
  CHECK(world.ask("a/round").code == Errc{});
  CHECK(order == "round leaf ");
}

TEST_CASE("two services that call each other from two threads do not deadlock") {
  Service a("a");
  Service b("b");
  const auto make = [](Service& self, const std::string& other) {
    self.echo("leaf");
    self.action("run", [&self, other](runar_ctx* ctx, const runar_request* r) {
      call(
          self, other + "/leaf", "x",
          [&self, ctx, id = r->id](runar_ctx*, runar_id, const runar_reply* reply) {
            self.host()->respond(ctx, id, &reply->payload);
          },
          RUNAR_CALL_DIRECT, r->id);
    });
  };
  make(a, "b");
  make(b, "a");
  PluginWorld world;
  REQUIRE(world.add({a.spec(), b.spec()}));
  std::deque<Asker> askers(2000);
  for (std::size_t i = 0; i < askers.size(); ++i) {
    world.ask_async(askers[i], i % 2 == 0 ? "a/run" : "b/run");
    if (i >= 500) {
      askers[i - 500].wait();
    }
  }
  for (Asker& asker : askers) {
    REQUIRE(asker.wait().code == Errc{});
  }
}

TEST_CASE("recursion goes eight deep on one stack, then through the queue") {
  Service service("deep");
  std::atomic<int> depth{0};
  std::atomic<int> deepest{0};
  service.action(
      "down",
      [&](runar_ctx* ctx, const runar_request* r) {
        thread_local int here = 0;
        ++here;
        deepest = std::max(deepest.load(), here);
        if (++depth < 40) {
          call(
              service, "deep/down", "",
              [&, ctx, id = r->id](runar_ctx*, runar_id, const runar_reply*) {
                service.host()->respond(ctx, id, nullptr);
              },
              RUNAR_CALL_DIRECT, r->id);
        } else {
          service.host()->respond(ctx, r->id, nullptr);
        }
        --here;
      },
      RUNAR_FN_PARALLEL);
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  CHECK(world.ask("deep/down").code == Errc{});
  CHECK(depth == 40);
  CHECK(deepest == 1 + static_cast<int>(plugin_host::kMaxDirectDepth));
}

TEST_CASE("calls that are made from reply callbacks do not grow the stack") {
  Service caller("caller");
  Service callee("callee");
  callee.echo("do");
  std::atomic<int> rounds{0};
  Door done;
  std::function<void()> next = [&] {
    call(
        caller, "callee/do", "x",
        [&](runar_ctx*, runar_id, const runar_reply*) {
          if (++rounds < 20000) {
            next();
          } else {
            done.open();
          }
        },
        RUNAR_CALL_DIRECT);
  };
  caller.action("run", [&](runar_ctx* ctx, const runar_request* r) {
    caller.host()->respond(ctx, r->id, nullptr);
    next();
  });
  PluginWorld world;
  REQUIRE(world.add({caller.spec(), callee.spec()}));
  CHECK(world.ask("caller/run").code == Errc{});
  CHECK(done.wait());
  CHECK(rounds == 20000);
}
