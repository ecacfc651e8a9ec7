// The identity of a node in its keystore: made once, taken over once, never replaced.
#include "keys/node_keys.h"

#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "identity/durable_file.h"
#include "identity/identity_folder.h"
#include "identity/profile.h"
#include "support/result_text.h"
#include "unit/identity/faulty_disk.h"
#include "unit/keys/store.h"

using namespace runard;
using core::Errc;
using keys::KekKind;
using keys::KekSource;
using keys::Keystore;
using keys::Use;
using test::FaultyDisk;
namespace fs = std::filesystem;

namespace {

struct Node : test::Store {
  core::Result<core::NodeId> make() { return keys::make_identity(host, state, "web-1", source); }
  core::Result<Keystore> open_as_node(Use use = Use::kWrite) {
    return keys::open_node_keystore(host, state, source, use, core::Log());
  }
  // As an earlier version left it.
  core::NodeId make_old() {
    REQUIRE(identity::IdentityFolder(state).prepare(disk, "web-1"));
    const auto key = crypto::PrivateKey::generate();
    REQUIRE(identity::write_durably(disk, old_key, key->pem()->view(), 0600));
    return identity::node_id_of(key->public_key());
  }
  fs::path state = folder / "state";
  fs::path old_key = state / "identity/node.key";
};

KekSource credential() {
  return *KekSource::systemd(crypto::SecretBytes::copy_of(core::Bytes(32, 9)));
}

}  // namespace

TEST_CASE("W14: an identity that was made is the one that is opened") {
  Node node;
  CHECK(node.open_as_node().error().code == Errc::kIdentityMissing);
  const auto id = node.make();
  REQUIRE(id);
  CHECK(*keys::node_of(node.state) == *id);
  const auto opened = node.open_as_node();
  REQUIRE(opened);
  CHECK(opened->node() == *id);
  const auto key = keys::identity_key(*opened);
  REQUIRE(key);
  CHECK(identity::node_id_of(key->public_key()) == *id);
  CHECK(*identity::IdentityFolder(node.state).name() == "web-1");
}

TEST_CASE("an identity is made once, whatever its condition") {
  Node node;
  const auto id = node.make();
  CHECK(node.make().error().code == Errc::kConflict);
  CHECK(*keys::node_of(node.state) == *id);
  std::ofstream(node.state / "keystore.rks") << "damaged";
  CHECK(node.make().error().code == Errc::kConflict);
  Node old;
  old.make_old();
  CHECK(old.make().error().code == Errc::kConflict);
}

TEST_CASE(
    "T25: a node init that dies at any step can be done again, with one identity at the end") {
  for (int step = 0;; ++step) {
    Node node;
    auto disk = FaultyDisk::crashing(step);
    const auto made =
        keys::make_identity({disk, node.clock, node.random}, node.state, "web-1", node.source);
    INFO("step " << step);
    if (!disk.struck()) {
      CHECK(made);
      CHECK(step > 15);
      break;
    }
    CHECK_FALSE(made);
    const auto again = node.make();
    CHECK((again || again.error().code == Errc::kConflict));
    const auto opened = node.open_as_node();
    REQUIRE(opened);
    CHECK(keys::identity_key(*opened));
  }
}

TEST_CASE("the node.key of an earlier version moves into the keystore, once") {
  Node node;
  const auto id = node.make_old();
  CHECK(*keys::node_of(node.state) == id);
  CHECK(*keys::kek_kind_of(node.state) == KekKind::kNone);
  {
    const auto opened = node.open_as_node();
    REQUIRE(opened);
    CHECK(opened->node() == id);
    CHECK(keys::identity_key(*opened));
  }
  CHECK_FALSE(fs::exists(node.old_key));
  CHECK(node.open_as_node());
}

TEST_CASE("T25: a move of node.key that dies at any step leaves the same node") {
  for (int step = 0;; ++step) {
    Node node;
    const auto id = node.make_old();
    auto disk = FaultyDisk::crashing(step);
    const auto opened = keys::open_node_keystore({disk, node.clock, node.random}, node.state,
                                                 node.source, Use::kRead, core::Log());
    INFO("step " << step);
    if (!disk.struck()) {
      CHECK(opened);
      CHECK(step > 10);
      break;
    }
    CHECK_FALSE(opened);
    CHECK(*keys::node_of(node.state) == id);
    const auto again = node.open_as_node();
    REQUIRE(again);
    CHECK(again->node() == id);
    CHECK_FALSE(fs::exists(node.old_key));
  }
}

TEST_CASE("a node.key beside another node's keystore is refused and left alone") {
  Node node;
  const auto id = node.make();
  const auto other = crypto::PrivateKey::generate();
  REQUIRE(identity::write_durably(node.disk, node.old_key, other->pem()->view(), 0600));
  CHECK(node.open_as_node().error().code == Errc::kConflict);
  CHECK(fs::exists(node.old_key));
  CHECK(*keys::node_of(node.state) == *id);
}

TEST_CASE("W13: a node that had an identity and has no keystore is told so, and gets no new one") {
  Node node;
  REQUIRE(node.make());
  std::ofstream(node.state / "identity/node.bundle") << "something";
  fs::remove(node.state / "keystore.rks");
  CHECK(node.open_as_node().error().code == Errc::kKeystoreMissing);
  CHECK_FALSE(Keystore::exists(node.state));
}

TEST_CASE("a keystore in clear is encrypted when it is opened under a credential") {
  Node node;
  const auto id = node.make();
  node.source = credential();
  {
    CHECK(node.open_as_node(Use::kRead)->kek().kind == KekKind::kNone);
    const auto opened = node.open_as_node();
    REQUIRE(opened);
    CHECK(opened->kek().kind == KekKind::kSystemd);
    CHECK(opened->node() == *id);
  }
  CHECK(*keys::kek_kind_of(node.state) == KekKind::kSystemd);
  node.source = KekSource::none();
  CHECK(node.open_as_node().error().code == Errc::kKeystoreKek);
}

TEST_CASE("a keystore without an identity key, or with one of another node, gives none") {
  Node node;
  const auto empty = Keystore::create(node.host, node.folder.path(), node.source, test::node(), {});
  REQUIRE(empty);
  CHECK(keys::identity_key(*empty).error().code == Errc::kIdentityMissing);
  Node other;
  keys::Entry entry;
  entry.secret = std::move(*crypto::PrivateKey::generate()->pem());
  std::vector<keys::Entry> entries;
  entries.push_back(std::move(entry));
  const auto wrong = Keystore::create(other.host, other.folder.path(), other.source, test::node(),
                                      std::move(entries));
  REQUIRE(wrong);
  CHECK(keys::identity_key(*wrong).error().code == Errc::kIdentityUnreadable);
}
