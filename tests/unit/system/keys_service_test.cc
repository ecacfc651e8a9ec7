// links: calls
#include "system/keys_service.h"

#include <catch2/catch_test_macros.hpp>

#include "calls/dispatcher.h"
#include "support/fakes.h"
#include "support/temp_folder.h"

using namespace runard;
using core::Errc;

namespace {

struct Caller final : rpc::Completion {
  void complete(const rpc::Cookie&, const rpc::Reply& reply) noexcept override {
    ++answers;
    code = reply.code;
    body.assign(core::as_text(reply.payload.bytes));
  }
  int answers = 0;
  Errc code{};
  std::string body;
};

core::NetworkId network_of(std::uint8_t byte) {
  core::NetworkId id;
  id.bytes.fill(byte);
  return id;
}

keys::Entry key_of(const core::NetworkId& network, const std::string& name) {
  core::SystemRandom random;
  const auto key = *crypto::AgreementPrivateKey::generate(crypto::Kem::kX25519, random);
  return {keys::EntryKind::kNetwork,
          keys::KeyId{network.bytes},
          1,
          keys::EntryState::kActive,
          0,
          0,
          name,
          *key.raw()};
}

struct World {
  World()
      : executor(clock),
        registry("n", {"main", "backup"}, 1),
        store(make_store()),
        holder(store, {}, {clock, random, core::Log(), ring, directory}),
        on_main("main", network_of(1), holder, executor),
        on_backup("backup", network_of(2), holder, executor),
        dispatcher({}, registry, clock, executor) {
    REQUIRE(holder.start());
    registry.put_system(on_main.row(), on_main);
    registry.put_system(on_backup.row(), on_backup);
  }
  keys::Keystore make_store() {
    std::vector<keys::Entry> entries;
    entries.push_back(key_of(network_of(1), "main"));
    entries.push_back(key_of(network_of(2), "backup"));
    return *keys::Keystore::create(host, folder.path(), keys::KekSource::none(), {},
                                   std::move(entries));
  }
  const std::string& call(std::string_view path, std::string_view service,
                          std::string_view body = "", std::uint32_t flags = 0,
                          std::string_view network = "main",
                          std::string_view caller_network = "main") {
    rpc::Request request;
    request.network = network;
    request.path = path;
    request.payload = rpc::Payload::borrow(core::as_bytes(body), rpc::Encoding::kRaw);
    request.caller.service = service;
    request.caller.network = caller_network;
    request.flags = flags;
    dispatcher.call(request, {&caller, {}});
    return caller.body;
  }

  test::TempFolder folder;
  identity::SystemDisk disk;
  core::SystemRandom random;
  test::ManualClock clock;
  test::ManualExecutor executor;
  identity::Host host{disk, clock, random};
  registry::Registry registry;
  keys::Keystore store;
  keys::KeyRing ring;
  keys::Directory directory;
  keys::KeyHolder holder;
  system::KeysService on_main, on_backup;
  calls::Dispatcher dispatcher;
  Caller caller;
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("T12: the list shows the keys of its own network, without their secrets") {
  World world;
  world.call("$keys/list", "");
  REQUIRE(world.caller.code == Errc{});
  CHECK(has(world.caller.body, "main"));
  CHECK_FALSE(has(world.caller.body, "backup"));
  CHECK_FALSE(has(world.caller.body, "identity"));
  for (const keys::Entry& entry : world.store.entries()) {
    CHECK_FALSE(has(world.caller.body, core::as_text(entry.secret.view())));
  }
}

TEST_CASE("what one service has sealed, it opens, and no other service or network does") {
  World world;
  const std::string sealed = world.call("$keys/storage/seal", "main:notes", "secret text");
  REQUIRE(world.caller.code == Errc{});
  CHECK_FALSE(has(sealed, "secret"));
  CHECK(world.call("$keys/storage/open", "main:notes", sealed) == "secret text");
  world.call("$keys/storage/open", "main:other", sealed);
  CHECK(world.caller.code == Errc::kStoredSecretInvalid);
  world.call("$keys/storage/open", "main:notes", sealed, 0, "backup", "backup");
  CHECK(world.caller.code == Errc::kStoredSecretInvalid);
}

TEST_CASE("T12: whose storage it is follows from the caller's network, not from the path") {
  World world;
  const std::string sealed =
      world.call("$keys/storage/seal", "notes", "secret text", 0, "backup", "backup");
  REQUIRE(world.caller.code == Errc{});
  world.call("$keys/storage/open", "notes", sealed, 0, "backup", "main");
  CHECK(world.caller.code == Errc::kDenied);
  world.call("$keys/storage/seal", "notes", "x", 0, "backup", "main");
  CHECK(world.caller.code == Errc::kDenied);
  world.call("$keys/storage/open", "notes", sealed, 0, "backup", "");
  CHECK(world.caller.code == Errc::kDenied);
}

TEST_CASE("another node gets neither the list nor storage, nor may it rotate") {
  World world;
  for (const char* path :
       {"$keys/list", "$keys/storage/seal", "$keys/storage/open", "$keys/rotate"}) {
    world.call(path, "main:notes", "x", rpc::kInbound);
    CHECK(world.caller.code == Errc::kDenied);
  }
}

TEST_CASE("an operator has no storage, and a service can't rotate the node's key") {
  World world;
  world.call("$keys/storage/seal", "", "x");
  CHECK(world.caller.code == Errc::kDenied);
  world.call("$keys/rotate", "main:notes");
  CHECK(world.caller.code == Errc::kDenied);
  CHECK(world.holder.agreement_version() == 1);
}

TEST_CASE("an operator rotates the node's agreement key") {
  World world;
  world.call("$keys/rotate", "");
  world.executor.run();
  CHECK(world.caller.code == Errc{});
  CHECK(world.holder.agreement_version() == 2);
}
