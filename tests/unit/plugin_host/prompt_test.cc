// PROMPT handlers, which may run on the I/O thread that brought the request.
#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "puppets.h"
#include "support/result_text.h"

using namespace runard;
using namespace runard::test;
using core::Errc;

TEST_CASE("an I/O thread runs PROMPT handlers, and queues all others") {
  Service service("s");
  std::thread::id ran_on;
  const OnRequest note = [&](runar_ctx* ctx, const runar_request* r) {
    ran_on = std::this_thread::get_id();
    service.host()->respond(ctx, r->id, nullptr);
  };
  service.action("prompt", note, RUNAR_FN_PROMPT);
  service.action("plain", note);
  service.action("parallel", note, RUNAR_FN_PARALLEL);
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  std::thread io([&] {
    const plugin_host::IoThread role(*world.host);
    const auto here = std::this_thread::get_id();
    for (const std::uint32_t flags : {0U, static_cast<std::uint32_t>(rpc::kDirect)}) {
      Asker prompt, plain, parallel;
      world.ask_async(prompt, "s/prompt", "", 10s, flags);
      EXPECT(prompt.answered());
      EXPECT(ran_on == here);
      world.ask_async(plain, "s/plain", "", 10s, flags);
      plain.wait();
      EXPECT(ran_on != here);
      world.ask_async(parallel, "s/parallel", "", 10s, flags);
      parallel.wait();
      EXPECT(ran_on != here);
    }
  });
  io.join();
  // From any other thread a PROMPT handler is queued as well.
  CHECK(world.ask("s/prompt").code == Errc{});
  CHECK(ran_on != std::this_thread::get_id());
}

TEST_CASE("a PROMPT handler on an I/O thread gives its word for each call it makes") {
  Service outer("outer");
  Service inner("inner");
  std::atomic<bool> inline_without{false}, inline_with{false};
  std::thread::id io_id;
  inner.action(
      "p",
      [&](runar_ctx* ctx, const runar_request* r) {
        const bool here = std::this_thread::get_id() == io_id;
        (text(r->payload.bytes) == "direct" ? inline_with : inline_without) = here;
        inner.host()->respond(ctx, r->id, nullptr);
      },
      RUNAR_FN_PROMPT);
  Door both;
  std::atomic<int> replies{0};
  outer.action(
      "p",
      [&](runar_ctx* ctx, const runar_request* r) {
        const OnReply count = [&](runar_ctx*, runar_id, const runar_reply*) {
          if (++replies == 2) {
            both.open();
          }
        };
        call(outer, "inner/p", "direct", count, RUNAR_CALL_DIRECT);
        call(outer, "inner/p", "queued", count);
        outer.host()->respond(ctx, r->id, nullptr);
      },
      RUNAR_FN_PROMPT);
  PluginWorld world;
  REQUIRE(world.add({outer.spec(), inner.spec()}));
  std::thread io([&] {
    const plugin_host::IoThread role(*world.host);
    io_id = std::this_thread::get_id();
    Asker asker;
    world.ask_async(asker, "outer/p");
    EXPECT(asker.answered());
    EXPECT(both.wait());
  });
  io.join();
  CHECK(inline_with);
  CHECK_FALSE(inline_without);
}
