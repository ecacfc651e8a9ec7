// The whole offline way: CA, network, node, request, signing, install, load.
#include "identity/authority.h"

#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "identity/certificate.h"
#include "identity/durable_file.h"
#include "identity/fingerprint.h"
#include "identity/identity_folder.h"
#include "identity/node_identity.h"
#include "identity/profile.h"
#include "support/result_text.h"
#include "support/set_clock.h"
#include "support/temp_folder.h"
#include "unit/identity/faulty_disk.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;
using crypto::PrivateKey;
using crypto::SigningRequest;
using identity::Authority;
using identity::Bundle;
using identity::IdentityFolder;
using identity::NodeIdentity;
using test::FaultyDisk;
using test::TempFolder;
namespace fs = std::filesystem;

namespace {

constexpr core::WallTime kNow{1'750'000'000s};

// A CA with the networks prod and test, and a node with a key.
struct Mesh {
  Mesh() {
    auto made = Authority::create(host, folder / "ca", "acme", 24h * 365);
    REQUIRE(made);
    REQUIRE(made->create_network("prod"));
    REQUIRE(made->create_network("test"));
    REQUIRE(node.prepare(disk, "web-1"));
  }
  core::Result<Authority> ca() { return Authority::open(host, folder / "ca"); }
  SigningRequest request() const { return *SigningRequest::create(key, "web-1"); }
  core::Result<Bundle> sign(const SigningRequest& from, bool replace = false) {
    auto authority = ca();
    REQUIRE(authority);
    return authority->sign({from, "web-1", {"prod"}, 24h, replace});
  }
  crypto::Sha256 pin() const { return Authority::certificate_in(folder / "ca")->fingerprint(); }
  core::Result<NodeIdentity> load(core::WallTime now = kNow) const {
    return NodeIdentity::load(folder / "node", *PrivateKey::from_pem(*key.pem()), now);
  }
  core::NodeId id() const { return identity::node_id_of(key.public_key()); }
  core::Result<identity::CheckedBundle> install(identity::Disk& on, const Bundle& bundle,
                                                const std::vector<crypto::Sha256>& pins) {
    return node.install(on, bundle, pins, kNow, id());
  }

  TempFolder folder;
  identity::SystemDisk disk;
  test::SetClock clock;
  core::SystemRandom random;
  identity::Host host{disk, clock, random};
  IdentityFolder node{folder / "node"};
  PrivateKey key = *PrivateKey::generate();
};

Errc error_of(const core::Result<identity::CheckedBundle>& installed) {
  return installed.error().code;
}

mode_t mode_of(const fs::path& path) {
  struct stat info{};
  REQUIRE(stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

}  // namespace

TEST_CASE("a node goes from nothing to a loaded identity") {
  Mesh mesh;
  const auto bundle = mesh.sign(mesh.request());
  REQUIRE(bundle);
  REQUIRE(mesh.install(mesh.disk, *Bundle::parse(bundle->text()), {mesh.pin()}));

  const auto loaded = mesh.load();

  REQUIRE(loaded);
  CHECK(loaded->id == mesh.id());
  CHECK(loaded->name == "web-1");
  REQUIRE(loaded->networks.size() == 1);
  CHECK(loaded->networks[0].name == "prod");
  CHECK(loaded->not_after == kNow + 24h);
  CHECK(loaded->tls->key.public_key() == *loaded->tls->certificate.public_key());
  const auto self =
      identity::verify_peer(loaded->tls->certificate.native(), nullptr, loaded->tls->trust, kNow);
  CHECK(self->id == loaded->id);
}

TEST_CASE("keys are for their owner only, certificates are not secret") {
  Mesh mesh;
  REQUIRE(mesh.install(mesh.disk, *mesh.sign(mesh.request()), {mesh.pin()}));
  CHECK(mode_of(mesh.folder / "ca") == 0700);
  CHECK(mode_of(mesh.folder / "ca/ca.key") == 0600);
  CHECK(mode_of(mesh.folder / "ca/issued.log") == 0600);
  CHECK(mode_of(mesh.folder / "node") == 0700);
  CHECK(mode_of(mesh.folder / "node/identity") == 0700);
  CHECK(mode_of(mesh.folder / "node/identity/node.bundle") == 0644);
}

TEST_CASE("a CA is never overwritten") {
  Mesh mesh;
  const auto pin = mesh.pin();
  CHECK(Authority::create(mesh.host, mesh.folder / "ca", "acme", 24h).error().code ==
        Errc::kConflict);
  CHECK(mesh.pin() == pin);
  fs::remove(mesh.folder / "ca/ca.crt");
  CHECK(Authority::create(mesh.host, mesh.folder / "ca", "acme", 24h).error().code ==
        Errc::kConflict);
}

TEST_CASE("a CA takes nothing of a request but its key") {
  Mesh mesh;
  const auto key = PrivateKey::generate();
  const auto asks = SigningRequest::create(*key, "admin");
  const auto bundle = mesh.ca()->sign({*asks, "guest", {"test"}, 1h, false});
  REQUIRE(bundle);
  CHECK(bundle->certificate.common_name() == "guest");
  CHECK(*bundle->certificate.public_key() == key->public_key());
}

TEST_CASE("groups are the operator's grant, and stand in certificate and log") {
  Mesh mesh;
  const auto request = mesh.request();
  const auto bundle =
      mesh.ca()->sign({request, "web-1", {"prod"}, 1h, false, {"web", "db", "web"}});
  REQUIRE(bundle);
  const std::vector<std::string> granted = {"db", "web"};
  CHECK(*identity::groups_of(bundle->certificate.native()) == granted);
  CHECK(Authority::issued_in(mesh.folder / "ca").read()->back().groups == granted);
  const auto bad = mesh.ca()->sign({request, "web-1", {"prod"}, 1h, false, {"a b"}});
  CHECK(bad.error().code == Errc::kInvalidArgument);
}

TEST_CASE("node labels are the operator's grant, and stand in certificate and log") {
  Mesh mesh;
  const auto request = mesh.request();
  const auto sign = [&](std::vector<std::string> labels) {
    return mesh.ca()->sign(
        {request, "web-1", {"prod"}, 1h, false, {"web"}, false, std::move(labels)});
  };
  const auto bundle = sign({"region=eu", "rack=7"});
  REQUIRE(bundle);
  const std::vector<std::string> granted = {"rack=7", "region=eu"};
  CHECK(*identity::node_labels_of(bundle->certificate.native()) == granted);
  CHECK(*identity::groups_of(bundle->certificate.native()) == std::vector<std::string>{"web"});
  CHECK(Authority::issued_in(mesh.folder / "ca").read()->back().labels == granted);
  CHECK(sign({"region"}).error().code == Errc::kInvalidArgument);
  CHECK(sign({"region=eu", "region=us"}).error().code == Errc::kInvalidArgument);
}

TEST_CASE("a name that belongs to another node is not given away without --replace") {
  Mesh mesh;
  REQUIRE(mesh.sign(mesh.request()));
  CHECK(mesh.sign(mesh.request()));  // the same node again: a renewal
  const auto other = PrivateKey::generate();
  const auto request = SigningRequest::create(*other, "web-1");
  CHECK(mesh.sign(*request).error().code == Errc::kConflict);
  CHECK(mesh.sign(*request, true));
  CHECK(mesh.sign(mesh.request()).error().code == Errc::kConflict);
}

TEST_CASE("an unknown network, a bad name and a repeated network are refused") {
  Mesh mesh;
  const auto request = mesh.request();
  auto ca = mesh.ca();
  CHECK(ca->sign({request, "web-1", {"nope"}, 1h, false}).error().code == Errc::kNotFound);
  CHECK(ca->sign({request, "web-1", {}, 1h, false}).error().code == Errc::kInvalidArgument);
  CHECK(ca->sign({request, "web 1", {"prod"}, 1h, false}).error().code == Errc::kInvalidArgument);
  CHECK(ca->create_network("prod").error().code == Errc::kConflict);
  CHECK(ca->create_network("a/b").error().code == Errc::kInvalidArgument);
  CHECK(Authority::issued_in(mesh.folder / "ca").read()->empty());
}

TEST_CASE("a network's id is random and kept") {
  Mesh mesh;
  const auto networks = Authority::networks_in(mesh.folder / "ca");
  REQUIRE(networks->size() == 2);
  CHECK((*networks)[0].name == "prod");
  CHECK((*networks)[0].id != (*networks)[1].id);
  CHECK_FALSE((*networks)[0].id.is_zero());
}

TEST_CASE("every issuance is on disk before the bundle is given") {
  Mesh mesh;
  const auto bundle = mesh.sign(mesh.request());
  const auto records = Authority::issued_in(mesh.folder / "ca").read();
  REQUIRE(records->size() == 1);
  CHECK(records->front().serial == bundle->certificate.serial());
  CHECK(records->front().name == "web-1");
  CHECK(records->front().networks == std::vector<std::string>{"prod"});

  auto full = FaultyDisk::failing(1, ENOSPC);
  const identity::Host broken{full, mesh.clock, mesh.random};
  const auto request = mesh.request();
  CHECK(Authority::open(broken, mesh.folder / "ca")
            ->sign({request, "web-1", {"prod"}, 24h, false})
            .error()
            .code == Errc::kSystem);
  CHECK(Authority::issued_in(mesh.folder / "ca").read()->size() == 1);
}

TEST_CASE("a full log of issuances is archived when the CA is opened, also when none has ended") {
  Mesh mesh;
  REQUIRE(mesh.sign(mesh.request()));
  const fs::path file = mesh.folder / "ca" / "issued.log";
  const std::string line = *identity::read_file(file);
  {
    std::ofstream log(file, std::ios::app);
    for (std::size_t size = line.size(); size < identity::kArchiveIssueLog; size += line.size()) {
      log << line;
    }
  }
  const fs::path rotating = mesh.folder / "ca" / identity::kActivatedFile;
  std::ofstream(rotating) << "2025-06-15T15:06:40Z\n";
  REQUIRE(mesh.sign(mesh.request()));
  INFO("an earlier version's rotation counts by time");
  CHECK(fs::file_size(file) > identity::kArchiveIssueLog);

  std::ofstream(rotating) << "2025-06-15T15:06:40Z\n2\n";
  REQUIRE(mesh.sign(mesh.request()));
  CHECK(fs::file_size(file) > identity::kArchiveIssueLog);  // all ordered, not renewed

  fs::remove(rotating);
  REQUIRE(mesh.sign(mesh.request()));
  CHECK(Authority::issued_in(mesh.folder / "ca").read()->size() == 2);
  CHECK(fs::exists(file.string() + "-2025-06-15T15:06:40Z"));
}

TEST_CASE("a CA that is missing, in use, readable by others or mixed up is not opened") {
  Mesh mesh;
  CHECK(Authority::open(mesh.host, mesh.folder / "none").error().code == Errc::kCaMissing);
  {
    const auto held = mesh.ca();
    CHECK(mesh.ca().error().code == Errc::kStateLocked);
  }
  const fs::path key = mesh.folder / "ca/ca.key";
  REQUIRE(chmod(key.c_str(), 0640) == 0);
  CHECK(mesh.ca().error().code == Errc::kFileMode);
  REQUIRE(identity::write_durably(mesh.disk, key, mesh.key.pem()->view(), 0600));
  CHECK(mesh.ca().error().code == Errc::kCertificateMismatch);
  std::ofstream(mesh.folder / "ca/networks") << "x prod\n";
  CHECK(Authority::networks_in(mesh.folder / "ca").error().code == Errc::kIdentityUnreadable);
}

TEST_CASE("the first install needs the CA's fingerprint, later ones the installed CA") {
  Mesh mesh;
  const auto bundle = mesh.sign(mesh.request());
  CHECK(error_of(mesh.install(mesh.disk, *bundle, {})) == Errc::kUsage);
  CHECK(mesh.load().error().code == Errc::kIdentityMissing);
  REQUIRE(mesh.install(mesh.disk, *bundle, {mesh.pin()}));
  CHECK(mesh.install(mesh.disk, *mesh.sign(mesh.request()), {}));
}

TEST_CASE("a bundle of another CA changes nothing, with its own root or smuggled beside ours") {
  Mesh mesh;
  Mesh other;
  const auto request = mesh.request();
  const auto good = mesh.sign(request);
  const auto foreign = other.sign(request);
  CHECK(error_of(mesh.install(mesh.disk, *foreign, {mesh.pin()})) == Errc::kFingerprintMismatch);
  CHECK(mesh.load().error().code == Errc::kIdentityMissing);
  REQUIRE(mesh.install(mesh.disk, *good, {mesh.pin()}));
  CHECK(error_of(mesh.install(mesh.disk, *foreign, {})) == Errc::kFingerprintMismatch);

  Bundle smuggled = *good;
  smuggled.roots.push_back(foreign->roots.front());
  CHECK(error_of(mesh.install(mesh.disk, smuggled, {})) == Errc::kFingerprintMismatch);
  CHECK(error_of(mesh.install(mesh.disk, smuggled, {mesh.pin()})) == Errc::kFingerprintMismatch);
  CHECK(mesh.load()->tls->trust.roots().size() == 1);
}

TEST_CASE("a bundle for another node's key changes nothing") {
  Mesh mesh;
  const auto stranger = PrivateKey::generate();
  const auto bundle =
      mesh.ca()->sign({*SigningRequest::create(*stranger, "web-2"), "web-2", {"prod"}, 24h, false});
  CHECK(error_of(mesh.install(mesh.disk, *bundle, {mesh.pin()})) == Errc::kCertificateMismatch);
  CHECK(mesh.load().error().code == Errc::kIdentityMissing);
}

TEST_CASE("an install that dies at any step leaves the old bundle or the new one") {
  for (int step = 0; step < 7; ++step) {
    Mesh mesh;
    const auto first = mesh.sign(mesh.request());
    REQUIRE(mesh.install(mesh.disk, *first, {mesh.pin()}));
    const auto second = mesh.sign(mesh.request());
    auto disk = FaultyDisk::crashing(step);

    CHECK_FALSE(mesh.install(disk, *second, {}));

    INFO("step " << step);
    const auto loaded = mesh.load();
    REQUIRE(loaded);
    CHECK(loaded->tls->certificate == (step < 6 ? first : second)->certificate);
  }
}

TEST_CASE("an identity out of its time, with another key or damaged is not loaded") {
  Mesh mesh;
  REQUIRE(mesh.install(mesh.disk, *mesh.sign(mesh.request()), {mesh.pin()}));
  CHECK(mesh.load());
  CHECK(mesh.load(kNow + 48h).error().code == Errc::kCertificateExpired);
  CHECK(mesh.load(kNow - 48h).error().code == Errc::kCertificateNotYetValid);
  CHECK(NodeIdentity::load(mesh.folder / "node", *PrivateKey::generate(), kNow).error().code ==
        Errc::kCertificateMismatch);
  std::ofstream(mesh.folder / "node/identity/node.bundle") << "damaged";
  CHECK(mesh.node.bundle().error().code == Errc::kIdentityUnreadable);
  CHECK(mesh.load().error().code == Errc::kIdentityUnreadable);
}

TEST_CASE("a slot gives the newest material and old users keep theirs") {
  Mesh mesh;
  REQUIRE(mesh.install(mesh.disk, *mesh.sign(mesh.request()), {mesh.pin()}));
  identity::TlsMaterialSlot slot(mesh.load()->tls);
  const auto before = slot.get();
  REQUIRE(mesh.install(mesh.disk, *mesh.sign(mesh.request()), {}));
  slot.set(mesh.load()->tls);
  CHECK(slot.get() != before);
  CHECK_FALSE(slot.get()->certificate == before->certificate);
}

TEST_CASE("a CA whose time is over signs nothing") {
  Mesh mesh;
  mesh.clock.time = kNow + 24h * 366;
  CHECK(mesh.sign(mesh.request()).error().code == Errc::kCertificateExpired);
}
