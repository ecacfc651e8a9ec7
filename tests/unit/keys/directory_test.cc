#include "keys/directory.h"

#include "keyring_world.h"

using namespace runard;
using namespace runard::keys;
using namespace runard::keys::testing;
using envelope::KeyId;
using envelope::KeyKind;

namespace {

struct Contents {
  crypto::AgreementPublicKey key = new_key().public_key();

  envelope::Recipient recipient(KeyKind kind, std::uint32_t version = 1) const {
    return {{kind, id_of<KeyId>(0x11), version}, key};
  }
  ProfileEntry profile(std::vector<core::NodeId> nodes = {id_of<core::NodeId>(0xa1)}) const {
    return {id_of<KeyId>(0x11), "ann", recipient(KeyKind::kProfile), std::move(nodes), kStart};
  }
  DirectoryContents all() const {
    return {{recipient(KeyKind::kNetwork)}, {recipient(KeyKind::kNode)}, {profile()}};
  }
};

}  // namespace

TEST_CASE("a directory gives the active key of a network, a node and a profile") {
  const Contents contents;
  Directory directory;
  REQUIRE(directory.replace(contents.all()));
  const auto now = directory.snapshot();
  REQUIRE(now->network(id_of<core::NetworkId>(0x11)) != nullptr);
  CHECK(now->network(id_of<core::NetworkId>(0x11))->key == contents.key);
  CHECK(now->network(id_of<core::NetworkId>(0x12)) == nullptr);
  REQUIRE(now->node(id_of<core::NodeId>(0x11)) != nullptr);
  CHECK(now->node(id_of<core::NodeId>(0x12)) == nullptr);
  REQUIRE(now->profile(id_of<ProfileId>(0x11)) != nullptr);
  CHECK(now->profile(id_of<ProfileId>(0x11))->name == "ann");
  CHECK(now->profile(id_of<ProfileId>(0x12)) == nullptr);
}

TEST_CASE("only a node that the profile's certificate names may act for it, until it ends") {
  const Contents contents;
  Directory directory;
  directory.replace(contents.all());
  const auto now = directory.snapshot();
  const auto profile = id_of<ProfileId>(0x11);
  CHECK(now->may_act(profile, id_of<core::NodeId>(0xa1), kStart - 1));
  CHECK_FALSE(now->may_act(profile, id_of<core::NodeId>(0xa1), kStart));
  CHECK_FALSE(now->may_act(profile, id_of<core::NodeId>(0xb2), kStart - 1));
  CHECK_FALSE(now->may_act(id_of<ProfileId>(0x12), id_of<core::NodeId>(0xa1), kStart - 1));
}

TEST_CASE("the generation changes with the contents, and only then") {
  const Contents contents;
  Directory directory;
  const auto before = directory.generation();
  CHECK(directory.replace(contents.all()));
  CHECK(directory.generation() == before + 1);
  CHECK_FALSE(directory.replace(contents.all()));
  CHECK(directory.generation() == before + 1);

  const auto changed = [&](auto change) {
    DirectoryContents next = contents.all();
    change(next);
    const bool is_new = directory.replace(next);
    directory.replace(contents.all());
    return is_new;
  };
  CHECK(changed([&](auto& c) { c.networks[0] = contents.recipient(KeyKind::kNetwork, 2); }));
  CHECK(changed([&](auto& c) { c.nodes[0].key = new_key().public_key(); }));
  CHECK(changed([&](auto& c) { c.nodes.clear(); }));
  CHECK(changed([&](auto& c) { c.profiles[0].nodes.clear(); }));
  CHECK(changed([&](auto& c) { c.profiles[0].not_after_ms += 1; }));
}

TEST_CASE("a snapshot stays as it was while another one takes its place") {
  const Contents contents;
  Directory directory;
  directory.replace(contents.all());
  const auto old = directory.snapshot();
  directory.replace({});
  CHECK(old->node(id_of<core::NodeId>(0x11)) != nullptr);
  CHECK(directory.snapshot()->node(id_of<core::NodeId>(0x11)) == nullptr);
}
