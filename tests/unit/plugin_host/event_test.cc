// Events: publish, subscribe, receipts, verdicts.
#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>

#include "puppets.h"
#include "support/result_text.h"

using namespace runard;
using namespace runard::test;

namespace {

using OnEvent = std::function<void(runar_ctx*, const runar_event*)>;

runar_status subscribe(const Service& service, const char* topic, OnEvent& on_event,
                       std::uint32_t flags = 0, runar_id* out = nullptr,
                       std::uint32_t overflow = RUNAR_DROP_OLDEST, runar_free_fn drop = nullptr) {
  runar_subscription wanted{};
  wanted.struct_size = sizeof wanted;
  wanted.flags = flags;
  wanted.topic = str(topic);
  wanted.overflow = overflow;
  wanted.user = &on_event;
  wanted.drop_user = drop;
  wanted.on_event = [](void* user, runar_ctx* ctx, const runar_event* event) {
    (*static_cast<OnEvent*>(user))(ctx, event);
  };
  return service.host()->subscribe(service.ctx(), &wanted, out);
}

runar_status publish(const Service& service, const char* topic, std::string_view bytes,
                     runar_receipt_fn on_receipt = nullptr, void* user = nullptr,
                     std::uint32_t flags = 0) {
  runar_publish given{};
  given.struct_size = sizeof given;
  given.flags = flags;
  given.topic = str(topic);
  given.payload = payload(bytes);
  return service.host()->publish(service.ctx(), &given, on_receipt, user);
}

}  // namespace

TEST_CASE("a subscriber gets events with topic, captured names and publisher, on its strand") {
  Service from("from"), to("to");
  std::mutex mutex;
  std::string seen;
  OnEvent on_event = [&](runar_ctx* ctx, const runar_event* e) {
    EXPECT(to.host()->on_strand(ctx) == 1);
    const std::lock_guard lock(mutex);
    seen += fmt::format("{}:{} {} by {}", text(e->network), text(e->topic), text(e->payload.bytes),
                        text(e->source_service));
    for (std::size_t i = 0; i < e->param_count; ++i) {
      seen += fmt::format(" {}={}", text(e->params[i].key), text(e->params[i].value));
    }
    seen += ";";
  };
  PluginWorld world;
  REQUIRE(world.add({from.spec(), to.spec()}));
  CHECK(subscribe(to, "users/{id}/changed", on_event) == RUNAR_OK);
  CHECK(publish(from, "users/42/changed", "now") == RUNAR_OK);
  CHECK(publish(from, "main:users//43/changed/", "then") == RUNAR_OK);
  CHECK(publish(from, "users/42/gone", "never") == RUNAR_OK);
  REQUIRE(eventually([&] {
    const std::lock_guard lock(mutex);
    return seen ==
           "main:users/42/changed now by from id=42;main:users/43/changed then by from id=43;";
  }));
}

TEST_CASE("events that come before the service runs wait until it does") {
  Service from("from"), to("to");
  std::atomic<bool> running{false}, early{false};
  std::atomic<int> count{0};
  OnEvent on_event = [&](runar_ctx*, const runar_event*) {
    early = early || !running;
    ++count;
  };
  to.puppet.on_init = [&](runar_ctx*, runar_err*) { return subscribe(to, "news/>", on_event); };
  to.puppet.on_start = [&](runar_ctx*, runar_err*) {
    for (int i = 0; i < 3; ++i) {
      EXPECT(publish(to, "news/a", "x") == RUNAR_OK);
    }
    running = true;
    return RUNAR_OK;
  };
  PluginWorld world;
  REQUIRE(world.add({to.spec()}));
  REQUIRE(eventually([&] { return count == 3; }));
  CHECK_FALSE(early);
}

TEST_CASE("receipts come on the strand, never inside publish, and say what became of the event") {
  Service service("s");
  OnEvent ignore = [](runar_ctx*, const runar_event*) {};
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  CHECK(subscribe(service, "news/a", ignore) == RUNAR_OK);
  struct Seen {
    std::atomic<int> count{0};
    std::atomic<runar_status> status{99};
    std::atomic<std::uint32_t> reached{99};
    std::atomic<std::uint32_t> stage{99};
  } seen;
  const runar_receipt_fn keep = [](void* user, runar_ctx*, const runar_receipt* receipt) {
    auto* const s = static_cast<Seen*>(user);
    s->status = receipt->status;
    s->reached = receipt->reached;
    s->stage = receipt->stage;
    ++s->count;
  };
  CHECK(publish(service, "news/a", "x", keep, &seen) == RUNAR_OK);
  REQUIRE(eventually([&] { return seen.count == 1; }));
  CHECK(seen.status == RUNAR_OK);
  CHECK(seen.reached == 1);
  CHECK(seen.stage == RUNAR_RECEIPT_SENT);

  // Guaranteed delivery is not in this version: the verdict comes in the receipt.
  CHECK(publish(service, "news/a", "x", keep, &seen, RUNAR_PUB_GUARANTEED) == RUNAR_OK);
  REQUIRE(eventually([&] { return seen.count == 2; }));
  CHECK(seen.status == RUNAR_E_UNSUPPORTED);
  CHECK(seen.stage == RUNAR_RECEIPT_REFUSED);
  CHECK(publish(service, "news/a", "x", nullptr, nullptr, RUNAR_PUB_GUARANTEED) ==
        RUNAR_E_UNSUPPORTED);
}

TEST_CASE("a removed subscription gets nothing more and drops its user once") {
  Service service("s");
  static std::atomic<int> drops{0};
  drops = 0;
  std::atomic<int> count{0};
  OnEvent on_event = [&](runar_ctx*, const runar_event*) { ++count; };
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  runar_id id = 0;
  CHECK(subscribe(service, "a/b", on_event, 0, &id, RUNAR_DROP_OLDEST, [](void*) { ++drops; }) ==
        RUNAR_OK);
  publish(service, "a/b", "1");
  REQUIRE(eventually([&] { return count == 1; }));
  CHECK(service.host()->remove(service.ctx(), id) == RUNAR_OK);
  CHECK(service.host()->remove(service.ctx(), id) == RUNAR_E_STALE);
  REQUIRE(eventually([&] { return world.broker.subscriptions() == 0 && drops == 1; }));
  publish(service, "a/b", "2");
  world.stop();
  CHECK(count == 1);
  CHECK(drops == 1);
}

TEST_CASE("a handler may remove its own subscription") {
  Service service("s");
  std::atomic<int> count{0};
  runar_id id = 0;
  OnEvent on_event = [&](runar_ctx* ctx, const runar_event*) {
    ++count;
    EXPECT(service.host()->remove(ctx, id) == RUNAR_OK);
  };
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  std::atomic<bool> posted{false};
  post(service, 0ns,
       [&](runar_ctx*, runar_status) {  // on the strand: none is handled before both are there
         subscribe(service, "a/b", on_event, 0, &id);
         publish(service, "a/b", "1");
         publish(service, "a/b", "2");
         posted = true;
       });
  REQUIRE(eventually([&] { return posted && world.broker.subscriptions() == 0; }));
  CHECK(count == 1);
}

TEST_CASE("MANUAL events are consumed by event_done, once each, and bound the flow") {
  Service service("s");
  std::mutex mutex;
  std::vector<runar_id> ids;
  OnEvent on_event = [&](runar_ctx*, const runar_event* e) {
    const std::lock_guard lock(mutex);
    ids.push_back(e->id);
  };
  const auto seen = [&] {
    const std::lock_guard lock(mutex);
    return ids.size();
  };
  PluginWorld world([](plugin_host::Options& options) { options.limits.instance_events = 2; });
  REQUIRE(world.add({service.spec()}));
  CHECK(subscribe(service, "a/b", on_event, RUNAR_SUB_MANUAL) == RUNAR_OK);
  for (int i = 0; i < 3; ++i) {
    CHECK(publish(service, "a/b", "x") == RUNAR_OK);
  }
  REQUIRE(eventually([&] { return seen() == 2; }));
  const runar_host* const host = service.host();
  runar_ctx* const ctx = service.ctx();
  CHECK(host->event_done(ctx, ids[0], 7, 0) == RUNAR_E_INVALID);
  CHECK(host->event_done(ctx, ids[0], RUNAR_EVENT_OK, -1) == RUNAR_E_INVALID);
  CHECK(host->event_done(ctx, ids[0], RUNAR_EVENT_RETRY, 1000) == RUNAR_OK);
  CHECK(host->event_done(ctx, ids[0], RUNAR_EVENT_OK, 0) == RUNAR_E_STALE);
  REQUIRE(eventually([&] { return seen() == 3; }));
  CHECK(host->event_done(ctx, ids[1], RUNAR_EVENT_DROP, 0) == RUNAR_OK);
  CHECK(host->event_done(ctx, ids[2], RUNAR_EVENT_OK, 0) == RUNAR_OK);
  REQUIRE(eventually([&] { return world.broker.verdicts().size() == 3; }));
  CHECK(world.broker.verdicts() ==
        std::vector{rpc::Verdict::kRetry, rpc::Verdict::kDrop, rpc::Verdict::kOk});
}

TEST_CASE("events that nobody acknowledged do not keep a service from ending") {
  Service service("s");
  std::atomic<runar_id> id{0};
  OnEvent on_event = [&](runar_ctx*, const runar_event* e) { id = e->id; };
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  subscribe(service, "a/b", on_event, RUNAR_SUB_MANUAL);
  publish(service, "a/b", "x");
  REQUIRE(eventually([&] { return id != 0; }));
  world.remove("s");
  CHECK(service.puppet.destroyed == 1);
  CHECK(world.broker.subscriptions() == 0);
}

TEST_CASE("a queue that overflows with DISCONNECT ends its subscription, by name") {
  Service service("s");
  Door door;
  std::atomic<int> count{0};
  OnEvent on_event = [&](runar_ctx*, const runar_event*) {
    door.wait();
    ++count;
  };
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  subscribe(service, "a/b", on_event, 0, nullptr, RUNAR_DISCONNECT);
  for (int i = 0; i < 20; ++i) {
    publish(service, "a/b", "x");
  }
  door.open();
  REQUIRE(eventually([&] { return world.broker.subscriptions() == 0; }));
  CHECK(
      world.logged("a subscription was ended: its queue overflowed node=edge-1 plugin=puppet "
                   "service=main:s pattern=main:a/b"));
}

TEST_CASE("an exception of an event handler harms nobody") {
  Service service("s");
  std::atomic<int> count{0};
  OnEvent on_event = [&](runar_ctx*, const runar_event*) {
    if (++count == 1) {
      throw std::runtime_error("bad event");
    }
  };
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  subscribe(service, "a/b", on_event);
  publish(service, "a/b", "1");
  publish(service, "a/b", "2");
  REQUIRE(eventually([&] { return count == 2; }));
  CHECK(world.logged("in=event"));
}

TEST_CASE("what can't be subscribed or published is refused") {
  Service service("s");
  OnEvent never = [](runar_ctx*, const runar_event*) {};
  PluginWorld world(
      [](plugin_host::Options& options) { options.limits.instance_subscriptions = 1; });
  REQUIRE(world.add({service.spec()}));
  CHECK(subscribe(service, "a/>/b", never) == RUNAR_E_INVALID);
  CHECK(subscribe(service, "", never) == RUNAR_E_INVALID);
  CHECK(subscribe(service, "a/b", never, RUNAR_SUB_DURABLE) == RUNAR_E_UNSUPPORTED);
  CHECK(subscribe(service, "a/b", never, 1U << 20) == RUNAR_E_UNSUPPORTED);
  CHECK(subscribe(service, "a/b", never, 0, nullptr, 9) == RUNAR_E_INVALID);
  CHECK(service.host()->subscribe(service.ctx(), nullptr, nullptr) == RUNAR_E_INVALID);
  CHECK(subscribe(service, "a/b", never) == RUNAR_OK);
  CHECK(subscribe(service, "a/c", never) == RUNAR_E_BUSY);

  CHECK(publish(service, "a/*", "") == RUNAR_E_INVALID);
  CHECK(publish(service, "", "") == RUNAR_E_INVALID);
  CHECK(publish(service, "a/b", "", nullptr, nullptr, 1U << 20) == RUNAR_E_UNSUPPORTED);
  CHECK(service.host()->publish(service.ctx(), nullptr, nullptr, nullptr) == RUNAR_E_INVALID);
  runar_publish given{};
  given.struct_size = sizeof given;
  given.topic = str("a/b");
  given.retain_ns = -1;
  CHECK(service.host()->publish(service.ctx(), &given, nullptr, nullptr) == RUNAR_E_INVALID);
  given.retain_ns = 0;
  given.owner_profile = str("somebody");  // no profile's id
  CHECK(service.host()->publish(service.ctx(), &given, nullptr, nullptr) == RUNAR_E_INVALID);
}

TEST_CASE("declared types have the same id wherever they are the same") {
  Service one("one"), two("two");
  PluginWorld world;
  REQUIRE(world.add({one.spec(), two.spec()}));
  const auto declare = [](const Service& service, const char* name, const char* schema) {
    runar_type type{};
    type.struct_size = sizeof type;
    type.name = str(name);
    type.schema = str(schema);
    std::uint64_t id = 0;
    CHECK(service.host()->declare_type(service.ctx(), &type, &id) == RUNAR_OK);
    return id;
  };
  const std::uint64_t id = declare(one, "Profile", "{}");
  CHECK(id != 0);
  CHECK(declare(two, "Profile", "{}") == id);
  CHECK(declare(two, "Profile", "{\"type\":\"object\"}") != id);
  CHECK(declare(two, "Profil", "e{}") != id);
  runar_type type{};
  type.struct_size = sizeof type;
  CHECK(one.host()->declare_type(one.ctx(), &type, nullptr) == RUNAR_E_INVALID);
}

TEST_CASE("T27: a plugin publishes and subscribes within its allow: only") {
  Service service("s");
  OnEvent ignore = [](runar_ctx*, const runar_event*) {};
  config::Plugin plugin;
  plugin.allow = config::Allow{{"main"}, {}, {}, {"s/>"}, {"news/*"}};
  plugin_host::InstanceSpec spec = service.spec();
  spec.allow = *policy::Allowance::of(plugin);
  PluginWorld world;
  REQUIRE(world.add({spec}));
  CHECK(publish(service, "s/a", "x") == RUNAR_OK);
  CHECK(publish(service, "t/a", "x") == RUNAR_E_DENIED);
  CHECK(publish(service, "backup:s/a", "x") == RUNAR_E_DENIED);
  CHECK(subscribe(service, "news/a", ignore) == RUNAR_OK);
  CHECK(subscribe(service, "news/>", ignore) == RUNAR_E_DENIED);
  CHECK(subscribe(service, "backup:news/a", ignore) == RUNAR_E_DENIED);
}
