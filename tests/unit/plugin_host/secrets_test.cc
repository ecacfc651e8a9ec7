// links: keys
// runar.secrets/1 from inside a plugin, over a node's storage keys.
#include <catch2/catch_test_macros.hpp>

#include "keys/storage.h"
#include "puppets.h"

using namespace runard;
using namespace runard::test;

namespace {

class StoragePort final : public plugin_host::Secrets {
 public:
  StoragePort() : storage_(random_) { rotate(); }
  void rotate() {
    REQUIRE(keys::add_storage_key(entries_, 1, random_));
    storage_.hold(entries_);
  }
  core::Result<core::Bytes> seal(const Owner& owner, core::ByteView plain) override {
    return storage_.seal({owner.network, owner.service, owner.context}, plain);
  }
  core::Result<core::Bytes> open(const Owner& owner, core::ByteView sealed) override {
    return storage_.open({owner.network, owner.service, owner.context}, sealed);
  }

 private:
  core::SystemRandom random_;
  std::vector<keys::Entry> entries_;
  keys::Storage storage_;
};

const runar_secrets* secrets_of(const runar_host* host) {
  const auto* found = static_cast<const runar_secrets*>(host->extension(RUNAR_EXT_SECRETS));
  EXPECT(found != nullptr && RUNAR_HAS(found, seal) && RUNAR_HAS(found, open));
  return found;
}

runar_bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

using Function = runar_status (*)(runar_ctx*, runar_str, runar_bytes, runar_payload*);

// What it gave, or the status.
struct Given {
  runar_status status;
  std::string bytes;
};

Given run(const runar_host* host, runar_ctx* ctx, Function function, std::string_view context,
          std::string_view given) {
  runar_payload out{};
  const runar_status status = function(ctx, str(context), bytes_of(given), &out);
  if (status != RUNAR_OK) {
    return {status, ""};
  }
  Given done{status, text(out.bytes)};
  host->buf_release(out.buf);
  return done;
}

// A service with the actions "seal" and "open", for the context "users/42".
void keep_secrets(Service& service) {
  const auto action = [&service](bool seals) {
    return [&service, seals](runar_ctx* ctx, const runar_request* request) {
      const runar_secrets* const secrets = secrets_of(service.host());
      const Given done = run(service.host(), ctx, seals ? secrets->seal : secrets->open, "users/42",
                             text(request->payload.bytes));
      const runar_payload answer = payload(done.bytes);
      if (done.status == RUNAR_OK) {
        service.host()->respond(ctx, request->id, &answer);
      } else {
        service.host()->fail(ctx, request->id, done.status, str(""), nullptr);
      }
    };
  };
  service.action("seal", action(true));
  service.action("open", action(false));
}

}  // namespace

TEST_CASE("T27: a plugin stores bytes that only its own service opens, also after a rotation") {
  Service notes("notes"), other("other");
  keep_secrets(notes);
  keep_secrets(other);
  StoragePort port;
  PluginWorld world({}, nullptr, nullptr, &port);
  REQUIRE(world.add({notes.spec(), other.spec()}));

  const std::string stored = world.ask("notes/seal", "Ann's birthday").payload;
  CHECK(stored.size() == std::string_view("Ann's birthday").size() + keys::kStorageOverhead);
  CHECK(stored.find("birthday") == std::string::npos);
  CHECK(world.ask("notes/open", stored).payload == "Ann's birthday");
  CHECK(world.ask("other/open", stored).code == core::Errc::kDenied);

  port.rotate();
  CHECK(world.ask("notes/open", stored).payload == "Ann's birthday");
  CHECK(world.ask("notes/seal", "x").payload[4] == 2);
}

TEST_CASE("stored bytes open for the same context only, and not when they were changed") {
  Service service("notes");
  StoragePort port;
  PluginWorld world({}, nullptr, nullptr, &port);
  REQUIRE(world.add({service.spec()}));
  const runar_host* const host = service.host();
  const runar_secrets* const secrets = secrets_of(host);
  const Given sealed = run(host, service.ctx(), secrets->seal, "users/42", "x");
  REQUIRE(sealed.status == RUNAR_OK);
  CHECK(run(host, service.ctx(), secrets->open, "users/42", sealed.bytes).bytes == "x");
  for (const char* context : {"", "users/4", "users/43"}) {
    CHECK(run(host, service.ctx(), secrets->open, context, sealed.bytes).status == RUNAR_E_DENIED);
  }
  std::string changed = sealed.bytes;
  changed.back() = static_cast<char>(changed.back() ^ 1);
  CHECK(run(host, service.ctx(), secrets->open, "users/42", changed).status == RUNAR_E_DENIED);
  CHECK(run(host, service.ctx(), secrets->open, "users/42", "").status == RUNAR_E_DENIED);
}

TEST_CASE("secrets asked for wrongly, or without keys, are refused") {
  Service service("notes");
  StoragePort port;
  PluginWorld world({}, nullptr, nullptr, &port);
  REQUIRE(world.add({service.spec()}));
  const runar_host* const host = service.host();
  const runar_secrets* const secrets = secrets_of(host);
  runar_ctx* const ctx = service.ctx();
  CHECK(host->extension("runar.nothing/1") == nullptr);
  CHECK_FALSE(RUNAR_HAS(secrets, get));
  CHECK(secrets->seal(ctx, str(""), bytes_of("x"), nullptr) == RUNAR_E_INVALID);
  runar_payload out{};
  CHECK(secrets->seal(ctx, str(std::string(257, 'x')), {}, &out) == RUNAR_E_INVALID);
  CHECK(secrets->seal(ctx, str("\xff"), {}, &out) == RUNAR_E_INVALID);
  CHECK(secrets->open(ctx, str(""), {nullptr, 1}, &out) == RUNAR_E_INVALID);
  const std::string much(keys::kMaxStored + 1, 'x');
  CHECK(run(host, ctx, secrets->seal, "", much).status == RUNAR_E_TOO_LARGE);
  CHECK(run(host, ctx, secrets->seal, "", "").status == RUNAR_OK);
}

TEST_CASE("on a node without keys nothing is sealed") {
  Service service("notes");
  PluginWorld world;
  REQUIRE(world.add({service.spec()}));
  const runar_secrets* const secrets = secrets_of(service.host());
  CHECK(run(service.host(), service.ctx(), secrets->seal, "", "x").status == RUNAR_E_UNAVAILABLE);
}
