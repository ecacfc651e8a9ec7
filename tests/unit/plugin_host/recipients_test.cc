// Recipients that plugins name in calls and events.
#include <catch2/catch_test_macros.hpp>

#include "puppets.h"

using namespace runard;
using namespace runard::test;

namespace {

using Profiles = std::vector<core::ProfileId>;

core::ProfileId profile(std::uint8_t byte) {
  core::ProfileId id;
  id.bytes.fill(byte);
  return id;
}

// Stands in for the rest of the daemon: keeps whom a call names, and answers.
struct Recorder final : rpc::Handler {
  rpc::Ticket call(const rpc::Request& request, const rpc::Responder& responder) override {
    named.emplace_back(request.recipients.begin(), request.recipients.end());
    responder(rpc::Reply::success({}));
    return 0;
  }
  void cancel(rpc::Ticket) override {}
  std::vector<Profiles> named;  // of each call
};

// Calls and publishes with the texts as recipients.
struct Speaker {
  explicit Speaker(PluginWorld& host) : world(host) { REQUIRE(world.add({service.spec()})); }

  runar_status call(const std::vector<std::string>& texts) {
    const std::vector<runar_str> views = view(texts);
    runar_call given{};
    given.struct_size = sizeof given;
    given.path = str("users/ann");
    given.recipients = views.data();
    given.recipient_count = views.size();
    const int before = replies;
    const runar_status status = service.host()->call(
        service.ctx(), &given,
        [](void* user, runar_ctx*, runar_id, const runar_reply*) {
          ++*static_cast<std::atomic<int>*>(user);
        },
        &replies, nullptr);
    CHECK((status != RUNAR_OK || eventually([&] { return replies == before + 1; })));
    return status;
  }
  runar_status publish(const std::vector<std::string>& texts) {
    const std::vector<runar_str> views = view(texts);
    runar_publish given{};
    given.struct_size = sizeof given;
    given.topic = str("users/ann/changed");
    given.recipients = views.data();
    given.recipient_count = views.size();
    return service.host()->publish(service.ctx(), &given, nullptr, nullptr);
  }
  static std::vector<runar_str> view(const std::vector<std::string>& texts) {
    std::vector<runar_str> views;
    for (const std::string& text : texts) {
      views.push_back(str(text));
    }
    return views;
  }

  PluginWorld& world;
  Service service{"s"};
  std::atomic<int> replies{0};
};

}  // namespace

TEST_CASE("the recipients that a call names reach the dispatcher, and the next call has none") {
  Recorder rest;
  PluginWorld world({}, &rest);
  Speaker speaker(world);
  CHECK(speaker.call({profile(1).text(), profile(2).text()}) == RUNAR_OK);
  CHECK(speaker.call({}) == RUNAR_OK);
  const std::vector<std::string> most(rpc::kMaxRecipients, profile(3).text());
  CHECK(speaker.call(most) == RUNAR_OK);
  REQUIRE(rest.named.size() == 3);
  CHECK(rest.named[0] == Profiles{profile(1), profile(2)});
  CHECK(rest.named[1].empty());
  CHECK(rest.named[2] == Profiles(rpc::kMaxRecipients, profile(3)));
  CHECK(world.status("s").misuses == 0);
}

TEST_CASE("the recipients that an event names reach the broker, and the next event has none") {
  PluginWorld world;
  Speaker speaker(world);
  CHECK(speaker.publish({profile(1).text(), profile(2).text()}) == RUNAR_OK);
  CHECK(world.broker.recipients() == Profiles{profile(1), profile(2)});
  CHECK(speaker.publish({}) == RUNAR_OK);
  CHECK(world.broker.recipients().empty());
}

TEST_CASE("recipients that are no ids of profiles, or too many, are refused, and the log says so") {
  Recorder rest;
  PluginWorld world({}, &rest);
  Speaker speaker(world);
  const std::string good = profile(1).text();
  for (const std::string& bad : {std::string(), std::string("ann"), good + "0", good.substr(1),
                                 "\xff" + good.substr(1), std::string(100'000, 'a')}) {
    CHECK(speaker.call({good, bad}) == RUNAR_E_INVALID);
    CHECK(speaker.publish({good, bad}) == RUNAR_E_INVALID);
  }
  CHECK(world.logged("call: its recipients"));
  CHECK(world.logged("publish: its recipients"));
  const std::vector<std::string> many(rpc::kMaxRecipients + 1, good);
  CHECK(speaker.call(many) == RUNAR_E_TOO_LARGE);
  CHECK(speaker.publish(many) == RUNAR_E_TOO_LARGE);
  CHECK(rest.named.empty());
  CHECK(world.broker.recipients().empty());
  CHECK(world.status("s").misuses == 14);
}

TEST_CASE("recipients without a list are refused") {
  Recorder rest;
  PluginWorld world({}, &rest);
  Speaker speaker(world);
  runar_call given{};
  given.struct_size = sizeof given;
  given.path = str("users/ann");
  const runar_host* const host = speaker.service.host();
  const runar_reply_fn never = [](void*, runar_ctx*, runar_id, const runar_reply*) {
    EXPECT(false);
  };
  for (const std::size_t count : {std::size_t{1}, SIZE_MAX}) {
    given.recipient_count = count;
    CHECK(host->call(speaker.service.ctx(), &given, never, nullptr, nullptr) ==
          (count == 1 ? RUNAR_E_INVALID : RUNAR_E_TOO_LARGE));
  }
  CHECK(rest.named.empty());
}

TEST_CASE("a call on this node is the same whoever is named: its callee sees the value whole") {
  Service from("from"), to("to");
  to.echo();
  PluginWorld world;
  REQUIRE(world.add({from.spec(), to.spec()}));
  const std::string id = profile(1).text();
  const runar_str named = str(id);
  runar_call given{};
  given.struct_size = sizeof given;
  given.path = str("to/echo");
  given.payload = payload("hello");
  given.recipients = &named;
  given.recipient_count = 1;
  struct Got {
    std::atomic<bool> done{false};
    std::string bytes;
  } got;
  CHECK(from.host()->call(
            from.ctx(), &given,
            [](void* user, runar_ctx*, runar_id, const runar_reply* reply) {
              auto* const seen = static_cast<Got*>(user);
              seen->bytes = text(reply->payload.bytes);
              seen->done = true;
            },
            &got, nullptr) == RUNAR_OK);
  REQUIRE(eventually([&] { return got.done.load(); }));
  CHECK(got.bytes == "hello");
}
