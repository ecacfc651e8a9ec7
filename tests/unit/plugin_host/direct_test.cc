// Direct calls: when the callee runs inside the caller's call, and when it must not.
#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "puppets.h"
#include "support/result_text.h"

using namespace runard;
using namespace runard::test;
using core::Errc;

namespace {

// "caller/run" makes one call and answers with what happened.
struct DirectCase {
  explicit DirectCase(std::uint32_t callee_flags = 0, std::uint32_t call_flags = RUNAR_CALL_DIRECT,
                      std::uint32_t caller_flags = 0) {
    callee.action(
        "do",
        [this](runar_ctx* ctx, const runar_request* r) {
          callee_thread = std::this_thread::get_id();
          on_callee(ctx, r);
        },
        callee_flags);
    caller.action(
        "run",
        [this, call_flags](runar_ctx* ctx, const runar_request* r) {
          const auto here = std::this_thread::get_id();
          call_returned = false;
          const runar_status status = call(
              caller, "callee/do", "x",
              [this, ctx, id = r->id](runar_ctx*, runar_id, const runar_reply* reply) {
                replied_inside = !call_returned;
                reply_status = reply->status;
                reply_on_strand = caller.host()->on_strand(ctx) == 1;
                if (!replied_inside) {
                  caller.host()->respond(ctx, id, nullptr);
                }
              },
              call_flags, r->id);
          EXPECT(status == RUNAR_OK);
          same_thread = callee_thread.load() == here;
          call_returned = true;
          replied_later = !replied_inside;
          if (replied_inside) {
            caller.host()->respond(ctx, r->id, nullptr);
          }
        },
        caller_flags);
  }

  Service caller{"caller"};
  Service callee{"callee"};
  std::function<void(runar_ctx*, const runar_request*)> on_callee = [this](runar_ctx* ctx,
                                                                           const runar_request* r) {
    callee.host()->respond(ctx, r->id, &r->payload);
  };
  std::atomic<std::thread::id> callee_thread;
  std::atomic<bool> call_returned{false};
  std::atomic<bool> same_thread{false}, replied_inside{false}, replied_later{false};
  std::atomic<bool> reply_on_strand{false};
  std::atomic<runar_status> reply_status{RUNAR_E_INTERNAL};
};

}  // namespace

TEST_CASE("DIRECT: callee and reply run inside call, on the caller's strand") {
  DirectCase direct;
  PluginWorld world;
  REQUIRE(world.add({direct.caller.spec(), direct.callee.spec()}));
  CHECK(world.ask("caller/run").code == Errc{});
  CHECK(direct.same_thread);
  CHECK(direct.replied_inside);
  CHECK(direct.reply_on_strand);
  CHECK(direct.reply_status == RUNAR_OK);
}

TEST_CASE("a DIRECT call that nobody can take is answered inside call, too") {
  Service caller("caller");
  runar_status status = RUNAR_OK;
  caller.action("run", [&](runar_ctx* ctx, const runar_request* r) {
    call(
        caller, "nobody/there", "",
        [&](runar_ctx*, runar_id, const runar_reply* reply) { status = reply->status; },
        RUNAR_CALL_DIRECT);
    caller.host()->respond(ctx, r->id, nullptr);
  });
  PluginWorld world;
  REQUIRE(world.add({caller.spec()}));
  CHECK(world.ask("caller/run").code == Errc{});
  CHECK(status == RUNAR_E_NOT_FOUND);
}

TEST_CASE("the reply's callback does not run inside the callee's respond") {
  // The callee may hold a lock of its own around respond; only the caller gave its word.
  Service caller("caller");
  Service callee("callee");
  bool inside_respond = false;
  bool seen_inside = true;
  bool replied = false;
  callee.action("do", [&](runar_ctx* ctx, const runar_request* r) {
    inside_respond = true;
    callee.host()->respond(ctx, r->id, &r->payload);
    inside_respond = false;
  });
  caller.action("run", [&](runar_ctx* ctx, const runar_request* r) {
    call(
        caller, "callee/do", "x",
        [&](runar_ctx*, runar_id, const runar_reply*) {
          seen_inside = inside_respond;
          replied = true;
        },
        RUNAR_CALL_DIRECT);
    EXPECT(replied);
    caller.host()->respond(ctx, r->id, nullptr);
  });
  PluginWorld world;
  REQUIRE(world.add({caller.spec(), callee.spec()}));
  CHECK(world.ask("caller/run").code == Errc{});
  CHECK_FALSE(seen_inside);
}

TEST_CASE("replies of any size and kind survive until the callback") {
  Service caller("caller");
  Service callee("callee");
  callee.action("do", [&](runar_ctx* ctx, const runar_request* r) {
    const std::string wanted = text(r->payload.bytes);
    if (wanted == "fail") {
      const std::string message(2000, 'm');
      callee.host()->fail(ctx, r->id, RUNAR_E_DENIED, str(message), nullptr);
    } else if (wanted == "buffer") {
      std::uint8_t* bytes = nullptr;
      runar_buf* const buffer = callee.host()->buf_alloc(ctx, 6, &bytes);
      std::copy_n("buffer", 6, bytes);
      const runar_payload reply = {{bytes, 6}, buffer, 0, RUNAR_ENC_RAW, 0};
      callee.host()->respond(ctx, r->id, &reply);
      callee.host()->buf_release(buffer);
    } else {
      std::string local(static_cast<std::size_t>(std::stoi(wanted)), 'r');
      const runar_payload reply = payload(local);
      callee.host()->respond(ctx, r->id, &reply);
      local.assign(local.size(), 'x');
    }
  });
  std::vector<std::string> got;
  caller.action("run", [&](runar_ctx* ctx, const runar_request* r) {
    for (const char* wanted : {"0", "10", "1024", "1025", "100000", "buffer", "fail"}) {
      call(
          caller, "callee/do", wanted,
          [&](runar_ctx*, runar_id, const runar_reply* reply) {
            got.push_back(reply->status == RUNAR_OK ? text(reply->payload.bytes)
                                                    : text(reply->message));
          },
          RUNAR_CALL_DIRECT);
    }
    caller.host()->respond(ctx, r->id, nullptr);
  });
  PluginWorld world;
  REQUIRE(world.add({caller.spec(), callee.spec()}));
  CHECK(world.ask("caller/run").code == Errc{});
  REQUIRE(got.size() == 7);
  CHECK(got[0].empty());
  CHECK(got[1] == std::string(10, 'r'));
  CHECK(got[2] == std::string(1024, 'r'));
  CHECK(got[3] == std::string(1025, 'r'));
  CHECK(got[4] == std::string(100000, 'r'));
  CHECK(got[5] == "buffer");
  CHECK(got[6] == std::string(2000, 'm'));
}

TEST_CASE("without DIRECT nothing runs inside call") {
  DirectCase queued(0, 0);
  PluginWorld world;
  REQUIRE(world.add({queued.caller.spec(), queued.callee.spec()}));
  CHECK(world.ask("caller/run").code == Errc{});
  CHECK_FALSE(queued.replied_inside);
  CHECK(queued.replied_later);
  CHECK(queued.reply_on_strand);
}

TEST_CASE("a BLOCKING callee never runs inside call") {
  DirectCase blocking(RUNAR_FN_BLOCKING);
  PluginWorld world;
  REQUIRE(world.add({blocking.caller.spec(), blocking.callee.spec()}));
  CHECK(world.ask("caller/run").code == Errc{});
  CHECK_FALSE(blocking.same_thread);
  CHECK_FALSE(blocking.replied_inside);
}

TEST_CASE("PARALLEL callees and callers go direct as well") {
  DirectCase direct(RUNAR_FN_PARALLEL, RUNAR_CALL_DIRECT, RUNAR_FN_PARALLEL);
  PluginWorld world;
  REQUIRE(world.add({direct.caller.spec(), direct.callee.spec()}));
  CHECK(world.ask("caller/run").code == Errc{});
  CHECK(direct.same_thread);
  CHECK(direct.replied_inside);
  CHECK(direct.reply_on_strand);  // a PARALLEL caller's reply takes its strand for the callback
}

TEST_CASE("a call from a thread of the plugin's own runs nothing on that thread") {
  DirectCase foreign;
  PluginWorld world;
  REQUIRE(world.add({foreign.caller.spec(), foreign.callee.spec()}));
  std::thread::id replied_on;
  Door done;
  std::thread own([&] {
    EXPECT(call(
               foreign.caller, "callee/do", "x",
               [&](runar_ctx*, runar_id, const runar_reply*) {
                 replied_on = std::this_thread::get_id();
                 done.open();
               },
               RUNAR_CALL_DIRECT) == RUNAR_OK);
  });
  CHECK(done.wait());
  CHECK(replied_on != own.get_id());
  CHECK(foreign.callee_thread.load() != own.get_id());
  own.join();
}

TEST_CASE("a callee whose strand is busy is queued, and answers later") {
  DirectCase busy;
  Door entered, leave;
  busy.callee.action("hold", [&](runar_ctx* ctx, const runar_request* r) {
    entered.open();
    leave.wait();
    busy.callee.host()->respond(ctx, r->id, nullptr);
  });
  PluginWorld world;
  REQUIRE(world.add({busy.caller.spec(), busy.callee.spec()}));
  Asker hold, run;
  world.ask_async(hold, "callee/hold");
  REQUIRE(entered.wait());
  world.ask_async(run, "caller/run");
  REQUIRE(eventually([&] { return busy.replied_later.load(); }));
  leave.open();
  CHECK(run.wait().code == Errc{});
  CHECK_FALSE(busy.replied_inside);
}

TEST_CASE("the caller's buffer reaches the callee, and an echo the caller, without a copy") {
  Service caller("caller");
  Service callee("callee");
  const std::uint8_t* at_callee = nullptr;
  const std::uint8_t* at_reply = nullptr;
  callee.action("do", [&](runar_ctx* ctx, const runar_request* r) {
    at_callee = r->payload.bytes.ptr;
    callee.host()->respond(ctx, r->id, &r->payload);
  });
  const std::string bytes(3000, 'b');
  caller.action("run", [&](runar_ctx* ctx, const runar_request* r) {
    call(
        caller, "callee/do", bytes,
        [&](runar_ctx*, runar_id, const runar_reply* reply) {
          at_reply = reply->payload.bytes.ptr;
        },
        RUNAR_CALL_DIRECT);
    caller.host()->respond(ctx, r->id, nullptr);
  });
  PluginWorld world;
  REQUIRE(world.add({caller.spec(), callee.spec()}));
  CHECK(world.ask("caller/run").code == Errc{});
  CHECK(static_cast<const void*>(at_callee) == bytes.data());
  CHECK(static_cast<const void*>(at_reply) == bytes.data());
}
