// Calls that plugins make: replies, cancellation, inheritance, limits.
#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "puppets.h"
#include "support/result_text.h"

using namespace runard;
using namespace runard::test;
using core::Errc;

namespace {

// A caller that is told what to do from the test's thread, and a callee that keeps its requests.
struct Pair {
  Pair() {
    caller.echo();
    callee.action("keep", [this](runar_ctx*, const runar_request* r) {
      deadline = r->deadline_ns;
      trace = r->trace;
      profile = text(r->caller_profile);
      kept = r->id;
    });
    callee.echo();
  }
  bool wait_kept() {
    return eventually([this] { return kept != 0; });
  }
  Service caller{"caller"};
  Service callee{"callee"};
  std::atomic<runar_id> kept{0};
  std::atomic<std::int64_t> deadline{0};
  std::atomic<std::uint64_t> trace{0};
  std::string profile;  // before `kept`
};

struct Reply {
  OnReply keep() {
    return [this](runar_ctx*, runar_id call, const runar_reply* reply) {
      status = reply->status;
      executed = reply->executed;
      bytes = text(reply->payload.bytes);
      id = call;
      ++count;
    };
  }
  bool wait() {
    return eventually([this] { return count > 0; });
  }
  std::atomic<int> count{0};
  std::atomic<runar_status> status{RUNAR_E_INTERNAL};
  std::atomic<std::uint32_t> executed{99};
  std::string bytes;
  runar_id id = 0;
};

}  // namespace

TEST_CASE("a call may be answered long after, once, with the id it was given") {
  Pair pair;
  PluginWorld world;
  REQUIRE(world.add({pair.caller.spec(), pair.callee.spec()}));
  Reply reply;
  runar_id id = 0;
  CHECK(call(pair.caller, "callee/keep", "", reply.keep(), 0, 0, &id) == RUNAR_OK);
  REQUIRE(pair.wait_kept());
  CHECK(reply.count == 0);
  const runar_payload answer = payload("later");
  CHECK(pair.callee.host()->respond(pair.callee.ctx(), pair.kept, &answer) == RUNAR_OK);
  REQUIRE(reply.wait());
  CHECK(reply.bytes == "later");
  CHECK(reply.id == id);
  CHECK(pair.caller.host()->cancel(pair.caller.ctx(), id) == RUNAR_E_STALE);
}

TEST_CASE("cancel: the callback runs with CANCELLED, the callee learns of it") {
  Pair pair;
  PluginWorld world;
  REQUIRE(world.add({pair.caller.spec(), pair.callee.spec()}));
  Reply reply;
  runar_id id = 0;
  call(pair.caller, "callee/keep", "", reply.keep(), 0, 0, &id);
  REQUIRE(pair.wait_kept());

  CHECK(pair.callee.host()->cancel(pair.callee.ctx(), id) == RUNAR_E_STALE);  // not its call
  CHECK(pair.caller.host()->cancel(pair.caller.ctx(), id) == RUNAR_OK);
  CHECK(pair.caller.host()->cancel(pair.caller.ctx(), id) == RUNAR_E_STALE);

  REQUIRE(reply.wait());
  CHECK(reply.status == RUNAR_E_CANCELLED);
  CHECK(reply.executed == RUNAR_EXECUTED_UNKNOWN);
  CHECK(pair.callee.host()->request_state(pair.callee.ctx(), pair.kept) == RUNAR_E_CANCELLED);
  pair.callee.host()->respond(pair.callee.ctx(), pair.kept, nullptr);
  CHECK(reply.count == 1);
  CHECK(eventually([&] { return world.status("caller").calls == 0; }));
}

TEST_CASE("a nested call inherits deadline, trace and user, and is cancelled with its parent") {
  Pair pair;
  Reply reply;
  std::atomic<runar_id> parent{0};
  pair.caller.action("outer", [&](runar_ctx*, const runar_request* r) {
    call(pair.caller, "callee/keep", "", reply.keep(), RUNAR_CALL_DIRECT, r->id);
    parent = r->id;
  });
  PluginWorld world;
  REQUIRE(world.add({pair.caller.spec(), pair.callee.spec()}));

  Asker asker;
  rpc::Request request;
  request.network = "main";
  request.path = "caller/outer";
  request.trace = 77;
  request.caller.profile.bytes.fill(7);
  request.deadline = world.clock.now() + 9s;
  const rpc::Ticket ticket = world.dispatcher.call(request, {&asker, {}});
  REQUIRE(pair.wait_kept());
  REQUIRE(eventually([&] { return parent != 0; }));
  CHECK(pair.trace == 77);
  CHECK(pair.profile == request.caller.profile.text());
  CHECK(pair.deadline == request.deadline.time_since_epoch().count());

  world.directory.endpoints["caller"]->cancel(ticket);
  REQUIRE(reply.wait());
  CHECK(reply.status == RUNAR_E_CANCELLED);
  CHECK(pair.callee.host()->request_state(pair.callee.ctx(), pair.kept) == RUNAR_E_CANCELLED);

  // A parent that is cancelled starts nothing any more; one that was answered hands on nothing.
  CHECK(call(pair.caller, "callee/echo", "", reply.keep(), 0, parent) == RUNAR_E_CANCELLED);
  CHECK(pair.caller.host()->respond(pair.caller.ctx(), parent, nullptr) == RUNAR_OK);
  CHECK(call(pair.caller, "callee/echo", "", reply.keep(), 0, parent) == RUNAR_OK);
  REQUIRE(eventually([&] { return reply.count == 2; }));
}

TEST_CASE("an earlier deadline of the call itself wins") {
  Pair pair;
  std::int64_t wanted = 0;
  pair.caller.action("outer", [&](runar_ctx* ctx, const runar_request* r) {
    runar_call given{};
    given.struct_size = sizeof given;
    given.path = str("callee/keep");
    given.parent = r->id;
    given.deadline_ns = wanted = pair.caller.host()->now_ns() + 1'000'000'000;
    pair.caller.host()->call(
        ctx, &given, [](void*, runar_ctx*, runar_id, const runar_reply*) {}, nullptr, nullptr);
    pair.caller.host()->respond(ctx, r->id, nullptr);
  });
  PluginWorld world;
  REQUIRE(world.add({pair.caller.spec(), pair.callee.spec()}));
  CHECK(world.ask("caller/outer").code == Errc{});
  REQUIRE(pair.wait_kept());
  CHECK(pair.deadline == wanted);
}

TEST_CASE("calls beyond the instance's limit are refused, and their callbacks never run") {
  Pair pair;
  PluginWorld world([](plugin_host::Options& options) { options.limits.instance_calls = 3; });
  REQUIRE(world.add({pair.caller.spec(), pair.callee.spec()}));
  Reply reply;
  for (int i = 0; i < 3; ++i) {
    CHECK(call(pair.caller, "callee/keep", "", reply.keep()) == RUNAR_OK);
  }
  CHECK(call(pair.caller, "callee/keep", "", reply.keep()) == RUNAR_E_BUSY);
  CHECK(world.status("caller").calls == 3);
  world.stop();
  CHECK(reply.count == 3);
}

TEST_CASE("paths are made canonical, and networks can be named") {
  Pair pair;
  PluginWorld world;
  REQUIRE(world.add({pair.caller.spec(), pair.callee.spec()}));
  for (const char* path : {"callee/echo", "main:callee/echo", "//callee//echo/"}) {
    Reply reply;
    REQUIRE(call(pair.caller, path, "x", reply.keep()) == RUNAR_OK);
    REQUIRE(reply.wait());
    CHECK(reply.bytes == "x");
  }
  Reply reply;
  REQUIRE(call(pair.caller, "backup:callee/echo", "x", reply.keep()) == RUNAR_OK);
  REQUIRE(reply.wait());
  CHECK(reply.status == RUNAR_E_NOT_FOUND);
}

TEST_CASE("what can't be a call is refused") {
  Pair pair;
  PluginWorld world;
  REQUIRE(world.add({pair.caller.spec(), pair.callee.spec()}));
  const runar_host* const host = pair.caller.host();
  runar_ctx* const ctx = pair.caller.ctx();
  const auto attempt = [&](const std::function<void(runar_call&)>& change,
                           runar_reply_fn on_reply) {
    runar_call given{};
    given.struct_size = sizeof given;
    given.path = str("callee/echo");
    change(given);
    return host->call(ctx, &given, on_reply, nullptr, nullptr);
  };
  const runar_reply_fn never = [](void*, runar_ctx*, runar_id, const runar_reply*) {
    EXPECT(false);
  };
  const auto refused = [&](const std::function<void(runar_call&)>& change) {
    return attempt(change, never);
  };
  CHECK(attempt([](runar_call&) {}, nullptr) == RUNAR_E_INVALID);
  CHECK(host->call(ctx, nullptr, never, nullptr, nullptr) == RUNAR_E_INVALID);
  CHECK(host->call(nullptr, nullptr, never, nullptr, nullptr) == RUNAR_E_INVALID);
  CHECK(refused([](runar_call& c) { c.struct_size = 4; }) == RUNAR_E_INVALID);
  CHECK(refused([](runar_call& c) { c.flags = 1U << 30; }) == RUNAR_E_UNSUPPORTED);
  CHECK(refused([](runar_call& c) { c.path = str(""); }) == RUNAR_E_INVALID);
  CHECK(refused([](runar_call& c) { c.path = str("a/*"); }) == RUNAR_E_INVALID);
  CHECK(refused([](runar_call& c) { c.path = str("a/\xff"); }) == RUNAR_E_INVALID);
  CHECK(refused([](runar_call& c) { c.path = {nullptr, 3}; }) == RUNAR_E_INVALID);
  CHECK(refused([](runar_call& c) { c.path = {"x", SIZE_MAX}; }) == RUNAR_E_INVALID);
  CHECK(refused([](runar_call& c) { c.deadline_ns = -1; }) == RUNAR_E_INVALID);
  CHECK(refused([](runar_call& c) { c.target_node = {nullptr, 3}; }) == RUNAR_E_INVALID);
  const std::string long_name(65, 'n');
  CHECK(refused([&](runar_call& c) { c.target_node = str(long_name.c_str()); }) == RUNAR_E_INVALID);
  CHECK(refused([](runar_call& c) { c.payload.bytes = {nullptr, 1}; }) == RUNAR_E_INVALID);
  CHECK(refused([](runar_call& c) { c.payload.reserved0 = 1; }) == RUNAR_E_INVALID);
  CHECK(refused([](runar_call& c) { c.payload.encoding = 9; }) == RUNAR_E_UNSUPPORTED);
  CHECK(refused([](runar_call& c) { c.meta_count = 1; }) == RUNAR_E_INVALID);
  CHECK(refused([](runar_call& c) {
          static const runar_kv many[100] = {};
          c.meta = many;
          c.meta_count = 100;
        }) == RUNAR_E_TOO_LARGE);
  CHECK(refused([](runar_call& c) {
          static const runar_kv bad = {{"k", 1}, {"\xff", 1}};
          c.meta = &bad;
          c.meta_count = 1;
        }) == RUNAR_E_INVALID);
  // A buffer that does not hold the bytes it is said to hold.
  std::uint8_t* bytes = nullptr;
  runar_buf* const buffer = host->buf_alloc(ctx, 4, &bytes);
  CHECK(refused([&](runar_call& c) { c.payload = {{bytes, 5}, buffer, 0, 0, 0}; }) ==
        RUNAR_E_INVALID);
  host->buf_release(buffer);
  CHECK(eventually([&] { return world.status("caller").misuses >= 16; }));
}

TEST_CASE("a node is named by name or id; a name that nobody has is refused, but no misuse") {
  Pair pair;
  PluginWorld world;
  REQUIRE(world.add({pair.caller.spec(), pair.callee.spec()}));
  world.directory.node_name = "edge-7";
  std::atomic<int> answers = 0;
  const auto call = [&](const char* target) {
    runar_call given{};
    given.struct_size = sizeof given;
    given.path = str("callee/echo");
    given.target_node = str(target);
    const runar_reply_fn count = [](void* user, runar_ctx*, runar_id, const runar_reply*) {
      static_cast<std::atomic<int>*>(user)->fetch_add(1);
    };
    return pair.caller.host()->call(pair.caller.ctx(), &given, count, &answers, nullptr);
  };
  CHECK(call("edge-7") == RUNAR_OK);
  CHECK(call("00000000000000000000000004") == RUNAR_OK);
  CHECK(call("edge-8") == RUNAR_E_NOT_FOUND);
  CHECK(eventually([&] { return answers == 2; }));
  CHECK_FALSE(world.logged("wrongly"));
}

TEST_CASE("host calls with ids of another kind are told apart") {
  Pair pair;
  PluginWorld world;
  REQUIRE(world.add({pair.caller.spec(), pair.callee.spec()}));
  const runar_host* const host = pair.caller.host();
  runar_ctx* const ctx = pair.caller.ctx();
  for (const runar_id id : {runar_id{0}, runar_id{1}, ~runar_id{0}, runar_id{1} << 32}) {
    CHECK(host->respond(ctx, id, nullptr) == RUNAR_E_STALE);
    CHECK(host->request_state(ctx, id) == RUNAR_E_STALE);
    CHECK(host->cancel(ctx, id) < 0);
    CHECK(host->remove(ctx, id) < 0);
    CHECK(host->event_done(ctx, id, RUNAR_EVENT_OK, 0) < 0);
  }
}

TEST_CASE("buffers are shared across services and freed by the last") {
  static std::atomic<int> released{0};
  released = 0;
  Pair pair;
  PluginWorld world;
  REQUIRE(world.add({pair.caller.spec(), pair.callee.spec()}));
  const runar_host* const host = pair.caller.host();
  static const std::uint8_t bytes[] = {1, 2, 3};
  runar_buf* const buffer =
      host->buf_wrap(pair.caller.ctx(), {bytes, 3}, [](void*) { ++released; }, nullptr);
  REQUIRE(buffer != nullptr);
  Reply reply;
  runar_call given{};
  given.struct_size = sizeof given;
  given.path = str("callee/echo");
  given.payload = {{bytes, 3}, buffer, 0, RUNAR_ENC_RAW, 0};
  OnReply* const keep = new OnReply(reply.keep());
  CHECK(host->call(
            pair.caller.ctx(), &given,
            [](void* user, runar_ctx* ctx, runar_id id, const runar_reply* r) {
              const std::unique_ptr<OnReply> f(static_cast<OnReply*>(user));
              EXPECT(r->payload.bytes.ptr == bytes);
              (*f)(ctx, id, r);
            },
            keep, nullptr) == RUNAR_OK);
  REQUIRE(reply.wait());
  CHECK(released == 0);
  host->buf_release(buffer);
  CHECK(eventually([&] { return released == 1; }));
}

TEST_CASE("T27: a plugin calls within its allow: only, and no handler of another path runs") {
  Service caller("caller");
  Service callee("callee");
  Service other("other");
  std::atomic<int> calls{0};
  callee.echo();
  other.action("x", [&](runar_ctx* ctx, const runar_request* r) {
    ++calls;
    other.host()->respond(ctx, r->id, nullptr);
  });
  config::Plugin plugin;
  plugin.allow = config::Allow{{"main"}, {}, {"callee/*"}, {}, {}};
  plugin_host::InstanceSpec spec = caller.spec();
  spec.allow = *policy::Allowance::of(plugin);
  PluginWorld world;
  REQUIRE(world.add({spec, callee.spec(), other.spec()}));
  Reply reply;
  for (const char* path :
       {"other/x", "callee/echo/x", "backup:callee/echo", "$registry/services/list"}) {
    INFO(path);
    CHECK(call(caller, path, "", reply.keep()) == RUNAR_E_DENIED);
  }
  CHECK(call(caller, "callee/echo", "x", reply.keep()) == RUNAR_OK);
  REQUIRE(reply.wait());
  CHECK(reply.status == RUNAR_OK);
  CHECK(reply.bytes == "x");
  CHECK(reply.count == 1);
  CHECK(calls == 0);
  CHECK(world.ask("other/x").code == Errc{});  // it is there
}
