// What plugin.h says of odd moments: after stop, after a refusal, and of NULL.
#include <catch2/catch_test_macros.hpp>
#include <future>

#include "puppets.h"

using namespace runard;
using namespace runard::test;
using core::Errc;

namespace {

void never_reply(void*, runar_ctx*, runar_id, const runar_reply*) {
  EXPECT(false);
}
void ignore_event(void*, runar_ctx*, const runar_event*) {}

// What each host call that begins something says.
struct Begun {
  runar_status call, publish, with_receipt, post, subscribe;
};

Begun begin_all(const runar_host* host, runar_ctx* ctx) {
  runar_call call{};
  call.struct_size = sizeof call;
  call.path = str("other/echo");
  runar_publish event{};
  event.struct_size = sizeof event;
  event.topic = str("s/news");
  runar_subscription subscription{};
  subscription.struct_size = sizeof subscription;
  subscription.topic = str("s/news");
  subscription.on_event = ignore_event;
  return {host->call(ctx, &call, never_reply, nullptr, nullptr),
          host->publish(ctx, &event, nullptr, nullptr),
          host->publish(
              ctx, &event, [](void*, runar_ctx*, const runar_receipt*) { EXPECT(false); }, nullptr),
          host->post(
              ctx, 0, [](void*, runar_ctx*, runar_status) { EXPECT(false); }, nullptr, nullptr),
          host->subscribe(ctx, &subscription, nullptr)};
}

runar_action action_named(const char* name) {
  runar_action action{};
  action.struct_size = sizeof action;
  action.name = str(name);
  action.on_request = [](void*, runar_ctx*, const runar_request*) {};
  return action;
}

}  // namespace

TEST_CASE("after stop nothing can be begun, and everything else still works") {
  Service service("s"), other("other");
  other.echo();
  Begun begun{};
  runar_status added = RUNAR_OK, declared = RUNAR_E_INTERNAL;
  bool has_buffer = false, on_strand = false;
  service.puppet.on_destroy = [&] {
    const runar_host* const host = service.host();
    runar_ctx* const ctx = service.ctx();
    begun = begin_all(host, ctx);
    const runar_action action = action_named("late");
    added = host->add_action(ctx, &action, nullptr);
    runar_type type{};
    type.struct_size = sizeof type;
    type.name = str("Late");
    std::uint64_t id = 0;
    declared = host->declare_type(ctx, &type, &id);
    std::uint8_t* bytes = nullptr;
    runar_buf* const buffer = host->buf_alloc(ctx, 4, &bytes);
    has_buffer = buffer != nullptr;
    if (has_buffer) {
      host->buf_release(buffer);
    }
    on_strand = host->on_strand(ctx) == 1;
    host->log(ctx, RUNAR_LOG_INFO, str("the last word"), nullptr, 0, 0);
  };
  PluginWorld world;
  REQUIRE(world.add({service.spec(), other.spec()}));
  world.remove("s");
  CHECK(begun.call == RUNAR_E_STOPPING);
  CHECK(begun.publish == RUNAR_E_STOPPING);
  CHECK(begun.with_receipt == RUNAR_E_STOPPING);
  CHECK(begun.post == RUNAR_E_STOPPING);
  CHECK(begun.subscribe == RUNAR_E_STOPPING);
  CHECK(added == RUNAR_E_UNSUPPORTED);
  CHECK(declared == RUNAR_OK);
  CHECK(has_buffer);
  CHECK(on_strand);
  CHECK(world.logged("the last word"));
}

TEST_CASE("an action is added in init, and not later") {
  Service service("s");
  runar_status in_start = RUNAR_OK;
  service.puppet.on_start = [&](runar_ctx* ctx, runar_err*) {
    const runar_action action = action_named("late");
    in_start = service.host()->add_action(ctx, &action, nullptr);
    return RUNAR_OK;
  };
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  CHECK(in_start == RUNAR_E_UNSUPPORTED);
  const runar_action action = action_named("later");
  CHECK(service.host()->add_action(service.ctx(), &action, nullptr) == RUNAR_E_UNSUPPORTED);
  CHECK(world.state("s") == registry::ServiceState::kRunning);
}

TEST_CASE("a refused answer answers nothing: the id stays open for another") {
  Service service("s");
  std::vector<runar_status> refused;
  runar_status open = RUNAR_E_INTERNAL, answered = RUNAR_E_INTERNAL;
  std::promise<runar_status> twice;  // said after the caller has its answer
  service.action("get", [&](runar_ctx* ctx, const runar_request* r) {
    const runar_host* const host = service.host();
    runar_payload bad = payload("x");
    bad.bytes = {nullptr, 1};
    refused.push_back(host->respond(ctx, r->id, &bad));
    bad = payload("x");
    bad.encoding = 99;
    refused.push_back(host->respond(ctx, r->id, &bad));
    bad.encoding = RUNAR_ENC_TEXT;
    bad.reserved0 = 1;
    refused.push_back(host->respond(ctx, r->id, &bad));
    refused.push_back(host->fail(ctx, r->id, RUNAR_OK, str("fine"), nullptr));
    refused.push_back(host->fail(ctx, r->id, RUNAR_RESTART, str("fine"), nullptr));
    refused.push_back(host->fail(ctx, r->id, RUNAR_E_INTERNAL, {nullptr, 1}, nullptr));
    refused.push_back(host->fail(ctx, r->id, RUNAR_E_INTERNAL, str("x"), &bad));
    open = host->request_state(ctx, r->id);
    const runar_payload good = payload("at last");
    answered = host->respond(ctx, r->id, &good);
    twice.set_value(host->respond(ctx, r->id, &good));
  });
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  const Answer answer = world.ask("s/get");
  CHECK(answer.code == Errc{});
  CHECK(answer.payload == "at last");
  CHECK(twice.get_future().get() == RUNAR_E_STALE);
  for (const runar_status status : refused) {
    CHECK(status < RUNAR_OK);
    CHECK(status != RUNAR_E_STALE);
  }
  CHECK(refused.size() == 7);
  CHECK(open == RUNAR_OK);
  CHECK(answered == RUNAR_OK);
}

TEST_CASE("no payload is an empty one of raw bytes; NULL with a length is refused") {
  Service service("s"), other("other");
  std::uint32_t encoding = 99;
  std::size_t bytes = 99;
  other.action("look", [&](runar_ctx* ctx, const runar_request* r) {
    encoding = r->payload.encoding;
    bytes = r->payload.bytes.len;
    other.host()->respond(ctx, r->id, nullptr);
  });
  std::uint32_t reply_encoding = 99;
  std::size_t reply_bytes = 99;
  Door replied;
  PluginWorld world;
  REQUIRE(world.add({service.spec(), other.spec()}));
  runar_call given{};
  given.struct_size = sizeof given;
  given.path = str("other/look");
  static OnReply on_reply;
  on_reply = [&](runar_ctx*, runar_id, const runar_reply* reply) {
    reply_encoding = reply->payload.encoding;
    reply_bytes = reply->payload.bytes.len;
    replied.open();
  };
  const runar_reply_fn tell = [](void* user, runar_ctx* ctx, runar_id id,
                                 const runar_reply* reply) {
    (*static_cast<OnReply*>(user))(ctx, id, reply);
  };
  CHECK(service.host()->call(service.ctx(), &given, tell, &on_reply, nullptr) == RUNAR_OK);
  REQUIRE(replied.wait());
  CHECK(encoding == RUNAR_ENC_RAW);
  CHECK(bytes == 0);
  CHECK(reply_encoding == RUNAR_ENC_RAW);
  CHECK(reply_bytes == 0);

  given.payload.bytes = {nullptr, 7};
  CHECK(service.host()->call(service.ctx(), &given, never_reply, nullptr, nullptr) ==
        RUNAR_E_INVALID);
  runar_publish event{};
  event.struct_size = sizeof event;
  event.topic = str("s/news");
  event.payload.bytes = {nullptr, 7};
  CHECK(service.host()->publish(service.ctx(), &event, nullptr, nullptr) == RUNAR_E_INVALID);
  event.payload = {};
  event.topic = {nullptr, 6};
  CHECK(service.host()->publish(service.ctx(), &event, nullptr, nullptr) == RUNAR_E_INVALID);
}

TEST_CASE("ids may be left unasked for, except a type's") {
  Service service("s"), other("other");
  other.echo();
  Door replied, ran;
  runar_status added = RUNAR_E_INTERNAL;
  service.puppet.on_init = [&](runar_ctx* ctx, runar_err*) {
    const runar_action action = action_named("get");
    added = service.host()->add_action(ctx, &action, nullptr);
    return RUNAR_OK;
  };
  PluginWorld world;
  REQUIRE(world.add({service.spec(), other.spec()}));
  CHECK(added == RUNAR_OK);
  CHECK(call(service, "other/echo", "x",
             [&](runar_ctx*, runar_id, const runar_reply*) { replied.open(); }) == RUNAR_OK);
  CHECK(post(service, 0ns, [&](runar_ctx*, runar_status) { ran.open(); }) == RUNAR_OK);
  CHECK(replied.wait());
  CHECK(ran.wait());
  runar_subscription subscription{};
  subscription.struct_size = sizeof subscription;
  subscription.topic = str("s/news");
  subscription.on_event = ignore_event;
  CHECK(service.host()->subscribe(service.ctx(), &subscription, nullptr) == RUNAR_OK);
  runar_type type{};
  type.struct_size = sizeof type;
  type.name = str("Profile");
  CHECK(service.host()->declare_type(service.ctx(), &type, nullptr) == RUNAR_E_INVALID);
}
