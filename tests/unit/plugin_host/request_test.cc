// What a service does with a request: answers, late, twice, never, wrongly.
#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "puppets.h"
#include "support/result_text.h"

using namespace runard;
using namespace runard::test;
using core::Errc;
using core::Executed;

TEST_CASE("a handler sees the whole request") {
  Service service("users");
  std::string seen;
  service.action("get", [&](runar_ctx* ctx, const runar_request* r) {
    seen = text(r->network) + " " + text(r->path) + " " + text(r->action) + " " +
           text(r->payload.bytes) + " from '" + text(r->caller_node) + "'";
    EXPECT(r->struct_size == sizeof *r);
    EXPECT(r->payload.encoding == RUNAR_ENC_TEXT);
    EXPECT(r->deadline_ns > service.host()->now_ns());
    service.host()->respond(ctx, r->id, nullptr);
  });
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));

  CHECK(world.ask("users/get", "body").code == Errc{});
  CHECK(seen == "main users/get users/get body from ''");
}

TEST_CASE("a queued request brings its own copy of everything") {
  Service service("users");
  Door door;
  std::string seen;
  service.action("get", [&](runar_ctx* ctx, const runar_request* r) {
    door.wait();
    for (std::size_t i = 0; i < r->meta_count; ++i) {
      seen += text(r->meta[i].key) + "=" + text(r->meta[i].value) + " ";
    }
    for (std::size_t i = 0; i < r->param_count; ++i) {
      seen += text(r->params[i].key) + ":" + text(r->params[i].value) + " ";
    }
    seen += text(r->payload.bytes) + " " + text(r->caller_service);
    service.host()->respond(ctx, r->id, nullptr);
  });
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));

  Asker asker;
  {
    std::string bytes = "a body that is long enough not to be inline";
    std::string value = "a value that is long enough not to be inline";
    const rpc::Pair meta[] = {{"trace", value}, {"empty", ""}};
    const rpc::Pair params[] = {{"id", "42"}};
    rpc::Request request;
    request.network = "main";
    request.path = "users/get";
    request.payload = rpc::Payload::borrow(core::as_bytes(bytes), rpc::Encoding::kText);
    request.meta = meta;
    request.params = params;
    request.caller.service = "web";
    request.deadline = world.clock.now() + 10s;
    world.dispatcher.call(request, {&asker, {}});
    bytes.assign(bytes.size(), 'x');
    value.assign(value.size(), 'x');
  }
  door.open();
  CHECK(asker.wait().code == Errc{});
  CHECK(seen ==
        "trace=a value that is long enough not to be inline empty= id:42 "
        "a body that is long enough not to be inline web");
}

TEST_CASE("a queued payload that is owned is shared, not copied") {
  Service service("users");
  const std::uint8_t* seen = nullptr;
  service.action("get", [&](runar_ctx* ctx, const runar_request* r) {
    seen = r->payload.bytes.ptr;
    EXPECT(r->payload.buf != nullptr);
    service.host()->respond(ctx, r->id, nullptr);
  });
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));

  Asker asker;
  const core::Buffer buffer = core::Buffer::copy(core::as_bytes("shared"));
  rpc::Request request;
  request.network = "main";
  request.path = "users/get";
  request.payload = rpc::Payload::own(buffer, rpc::Encoding::kRaw);
  world.dispatcher.call(request, {&asker, {}});
  CHECK(asker.wait().code == Errc{});
  CHECK(seen == buffer.view().data());
}

TEST_CASE("an exception is stopped at the barrier and fails its request only") {
  Service service("throws");
  service.echo();
  service.action(
      "std", [](runar_ctx*, const runar_request*) { throw std::runtime_error("out of cheese"); });
  service.action("odd", [](runar_ctx*, const runar_request*) { throw 42; });
  service.action("after", [&](runar_ctx* ctx, const runar_request* r) {
    service.host()->respond(ctx, r->id, nullptr);
    throw std::runtime_error("too late to matter");
  });
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));

  CHECK(world.ask("throws/std").code == Errc::kHandlerFailed);
  CHECK(world.ask("throws/odd").code == Errc::kHandlerFailed);
  CHECK(world.ask("throws/after").code == Errc{});
  CHECK(world.ask("throws/echo", "still here").payload == "still here");
  REQUIRE(eventually([&] { return world.status("throws").exceptions == 3; }));
  CHECK(
      world.logged("the plugin let an exception out node=edge-1 plugin=puppet "
                   "service=main:throws in=handler action=std"));
  CHECK(world.logged("out of cheese"));
}

TEST_CASE("a cancelled request tells its handler") {
  Service service("c");
  std::atomic<runar_id> id{0};
  std::atomic<runar_id> told{0};
  service.action("get", [&](runar_ctx*, const runar_request* r) { id = r->id; });
  service.puppet.on_cancelled = [&](runar_ctx*, runar_id request) { told = request; };
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));

  Asker asker;
  const rpc::Ticket ticket = world.ask_async(asker, "c/get");
  REQUIRE(eventually([&] { return id != 0; }));
  CHECK(service.host()->request_state(service.ctx(), id) == RUNAR_OK);
  world.directory.endpoints["c"]->cancel(ticket);
  world.directory.endpoints["c"]->cancel(ticket);  // a second time does no harm

  REQUIRE(eventually([&] { return told == id.load(); }));
  CHECK(service.host()->request_state(service.ctx(), id) == RUNAR_E_CANCELLED);
  CHECK(service.host()->respond(service.ctx(), id, nullptr) == RUNAR_OK);
  CHECK(service.host()->request_state(service.ctx(), id) == RUNAR_E_STALE);
}

TEST_CASE("the deadline shows in request_state") {
  Service service("t");
  std::atomic<runar_id> id{0};
  service.action("get", [&](runar_ctx*, const runar_request* r) { id = r->id; });
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  Asker asker;
  world.ask_async(asker, "t/get", "", 20ms);
  REQUIRE(eventually([&] {
    return id != 0 && service.host()->request_state(service.ctx(), id) == RUNAR_E_TIMEOUT;
  }));
  service.host()->respond(service.ctx(), id, nullptr);
}

TEST_CASE("a request that was cancelled or expired before its turn is not executed") {
  Service service("q");
  Door door;
  std::atomic<int> runs{0};
  service.action("block", [&](runar_ctx* ctx, const runar_request* r) {
    door.wait();
    service.host()->respond(ctx, r->id, nullptr);
  });
  service.action("get", [&](runar_ctx* ctx, const runar_request* r) {
    ++runs;
    service.host()->respond(ctx, r->id, nullptr);
  });
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));

  Asker blocked, cancelled, expired;
  world.ask_async(blocked, "q/block");
  const rpc::Ticket ticket = world.ask_async(cancelled, "q/get");
  world.ask_async(expired, "q/get", "", 1ms);
  world.directory.endpoints["q"]->cancel(ticket);
  const auto until = world.clock.now() + 2ms;
  REQUIRE(eventually([&] { return world.clock.now() > until; }));
  door.open();

  CHECK(blocked.wait().code == Errc{});
  CHECK(cancelled.wait().code == Errc::kCancelled);
  CHECK(cancelled.wait().executed == Executed::kNo);
  CHECK(expired.wait().code == Errc::kDeadlineExceeded);
  CHECK(expired.wait().executed == Executed::kNo);
  CHECK(runs == 0);
}

TEST_CASE("more requests than the limit are refused at once, and others may go elsewhere") {
  Service service("limit");
  std::mutex mutex;
  std::vector<runar_id> ids;
  const OnRequest keep = [&](runar_ctx*, const runar_request* r) {
    const std::lock_guard lock(mutex);
    ids.push_back(r->id);
  };
  service.action("two", keep, 0, 2);
  service.action("any", keep);
  PluginWorld world;
  auto spec = service.spec();
  spec.max_concurrency = 5;
  REQUIRE(world.add({spec}));

  std::deque<Asker> askers(8);
  for (std::size_t i = 0; i < 3; ++i) {
    world.ask_async(askers[i], "limit/two");
  }
  CHECK(askers[2].wait().code == Errc::kOverloaded);  // the action's own limit
  CHECK(askers[2].wait().executed == Executed::kNo);
  for (std::size_t i = 3; i < 7; ++i) {
    world.ask_async(askers[i], "limit/any");
  }
  CHECK(askers[6].wait().code == Errc::kOverloaded);  // the instance's
  CHECK(world.status("limit").in_flight == 5);

  REQUIRE(eventually([&] {
    const std::lock_guard lock(mutex);
    return ids.size() == 5;
  }));
  for (const runar_id id : ids) {
    CHECK(service.host()->respond(service.ctx(), id, nullptr) == RUNAR_OK);
  }
  CHECK(world.status("limit").in_flight == 0);
  world.ask_async(askers[7], "limit/two");
  REQUIRE(eventually([&] {
    const std::lock_guard lock(mutex);
    return ids.size() == 6;
  }));
  CHECK(service.host()->respond(service.ctx(), ids[5], nullptr) == RUNAR_OK);
}

TEST_CASE("payloads that wait for a handler are bounded, though their callers gave up") {
  Service service("hang");
  Door unblocked;
  std::atomic<int> inside{0};
  service.action(
      "block",
      [&](runar_ctx* ctx, const runar_request* r) {
        ++inside;
        unblocked.wait();
        service.host()->respond(ctx, r->id, nullptr);
      },
      RUNAR_FN_BLOCKING);
  service.action("serial", [&](runar_ctx* ctx, const runar_request* r) {
    service.host()->respond(ctx, r->id, nullptr);
  });
  PluginWorld world([](plugin_host::Options& options) {
    options.limits.instance_queued = 100'000;
    options.limits.instance_blocking = 1;
  });
  REQUIRE(world.add({service.spec()}));
  const std::string payload(40'000, 'p');
  std::deque<Asker> gone(3);
  for (Asker& asker : gone) {
    const rpc::Ticket ticket = world.ask_async(asker, "hang/block", payload);
    REQUIRE(eventually([&] { return inside == 1; }));  // the others wait behind the first
    world.directory.endpoints["hang"]->cancel(ticket);
  }
  CHECK(gone[2].wait().code == Errc::kOverloaded);
  CHECK(gone[2].wait().executed == Executed::kNo);
  CHECK(world.ask("hang/serial", payload).code == Errc::kOverloaded);
  CHECK(world.ask("hang/serial", "small").code == Errc{});

  unblocked.open();
  REQUIRE(eventually([&] { return world.ask("hang/serial", payload).code == Errc{}; }));
  const std::string larger(200'000, 'l');
  CHECK(eventually([&] { return world.ask("hang/serial", larger).code == Errc{}; }));
}

TEST_CASE("PARALLEL handlers run side by side, BLOCKING ones may wait for them") {
  Service service("p");
  Door met;
  std::atomic<int> inside{0};
  const OnRequest meet = [&](runar_ctx* ctx, const runar_request* r) {
    if (++inside == 2) {
      met.open();
    }
    const bool ok = met.wait();
    service.host()->respond(ctx, r->id, nullptr);
    EXPECT(ok);
  };
  service.action("meet", meet, RUNAR_FN_PARALLEL);
  Door unblocked;
  std::atomic<int> blocked{0};
  service.action(
      "block",
      [&](runar_ctx* ctx, const runar_request* r) {
        ++blocked;
        unblocked.wait();
        service.host()->respond(ctx, r->id, nullptr);
      },
      RUNAR_FN_BLOCKING);
  service.echo();
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));

  Asker first, second;
  world.ask_async(first, "p/meet");
  world.ask_async(second, "p/meet");
  CHECK(first.wait().code == Errc{});
  CHECK(second.wait().code == Errc{});

  // More of them wait than there are workers; the strand goes on.
  std::deque<Asker> waiting(6);
  for (Asker& asker : waiting) {
    world.ask_async(asker, "p/block");
  }
  REQUIRE(eventually([&] { return blocked == 6; }));
  CHECK(world.ask("p/echo", "free").payload == "free");
  unblocked.open();
  for (Asker& asker : waiting) {
    CHECK(asker.wait().code == Errc{});
  }
}

TEST_CASE("one instance's BLOCKING handlers have a cap and take their turns") {
  Service service("b");
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  service.action(
      "get",
      [&](runar_ctx* ctx, const runar_request* r) {
        const int now = ++inside;
        int seen = most;
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        std::this_thread::yield();
        --inside;
        service.host()->respond(ctx, r->id, nullptr);
      },
      RUNAR_FN_BLOCKING);
  PluginWorld world([](plugin_host::Options& options) { options.limits.instance_blocking = 3; });
  REQUIRE(world.add({service.spec()}));
  std::deque<Asker> askers(200);
  for (Asker& asker : askers) {
    world.ask_async(asker, "b/get");
  }
  for (Asker& asker : askers) {
    CHECK(asker.wait().code == Errc{});
  }
  CHECK(most <= 3);
}
