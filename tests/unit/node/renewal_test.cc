// A node whose certificate is to be renewed, and what comes from whoever says to be an issuer.
#include "node/renewal.h"

#include <catch2/catch_test_macros.hpp>

#include "identity/authority.h"
#include "identity/identity_folder.h"
#include "identity/profile.h"
#include "identity/rotation.h"
#include "support/fakes.h"
#include "support/result_text.h"
#include "support/temp_folder.h"

using namespace runard;
using namespace std::chrono_literals;

namespace {

// A node with a certificate of a day, at a time when it is due.
struct Due {
  Due() {
    REQUIRE(ca.create_network("main"));
    current = *ca.sign({*request, "n", {"main"}, 24h, false});
    const identity::IdentityFolder installed(folder / "state");
    REQUIRE(installed.prepare(disk, "n"));
    REQUIRE(installed.install(disk, *current, {ca.certificate().fingerprint()}, clock.wall(),
                              identity::node_id_of(key.public_key())));
    key_text.emplace(*key.pem());
    own = *identity::NodeIdentity::load(folder / "state", std::move(key), clock.wall());
    clock.advance(20h);
  }
  node::RenewalHooks hooks_for(const std::string& answer) {
    node::RenewalHooks hooks;
    hooks.issuers = [&] { return std::vector{core::NodeId{{9}}}; };
    hooks.request = [] { return core::Result<std::string>("request"); };
    hooks.ask = [this, answer](const core::NodeId&, const core::Bytes&,
                               node::RenewalHooks::Granted granted) {
      ++asked;
      granted(answer);
    };
    hooks.reload = [&] {
      ++reloads;
      return core::Result<void>();
    };
    return hooks;
  }
  // Until the node has given up on its issuers or has a new certificate.
  boost::json::object run(const std::string& answer) {
    node::Renewal renewal(context, folder / "state", true, hooks_for(answer), *own);
    renewal.start();
    const auto end = std::chrono::steady_clock::now() + 20s;
    const auto done = [&] {
      const auto status = renewal.status();
      return status.at("renewals") != 0U || status.at("renewal_failures") != 0U;
    };
    while (!done() && std::chrono::steady_clock::now() < end) {
      io.run_one_for(20ms);
    }
    return renewal.status();
  }

  test::TempFolder folder;
  test::ManualClock clock;
  core::SystemRandom random;
  identity::SystemDisk disk;
  crypto::PrivateKey key = *crypto::PrivateKey::generate();
  core::Result<crypto::SigningRequest> request = crypto::SigningRequest::create(key, "n");
  identity::Authority ca =
      *identity::Authority::create({disk, clock, random}, folder / "ca", "acme", 24h * 365);
  boost::asio::io_context io;
  node::AsioExecutor control{io};
  node::Context context{io, control, clock, random, {}, "test"};
  std::optional<crypto::SecretBytes> key_text;
  std::optional<identity::Bundle> current;
  std::optional<identity::NodeIdentity> own;
  int asked = 0;
  int reloads = 0;
};

}  // namespace

TEST_CASE("the certificate that a node has already is no renewal, whoever gives it") {
  Due due;
  const auto status = due.run(due.current->text());
  CHECK(status.at("renewals") == 0U);
  CHECK(status.at("renewal_failures") == 1U);
  CHECK(due.asked == 1);
  CHECK(due.reloads == 0);
}

TEST_CASE("one that ends later is taken") {
  Due due;
  const auto renewed = due.ca.sign({*due.request, "n", {"main"}, 24h, false});
  REQUIRE(renewed);
  CHECK(due.run(renewed->text()).at("renewals") == 1U);
  CHECK(due.reloads == 1);
}

TEST_CASE("a node whose certificate has ended asks nobody, and sleeps") {
  Due due;
  due.clock.advance(24h);
  node::Renewal renewal(due.context, due.folder / "state", true, due.hooks_for(""), *due.own);
  renewal.start();
  std::size_t timers = 0;
  for (int i = 0; i < 100; ++i) {
    timers += due.io.poll_one();
  }
  CHECK(timers == 1);  // for the last warning
  CHECK(due.asked == 0);
  CHECK(renewal.status().at("state") == "expired");
}

TEST_CASE("one of the mesh's next root is taken though it ends sooner, an older one never") {
  Due due;
  const auto of_old_root = due.ca.sign({*due.request, "n", {"main"}, 90 * 24h, false});
  REQUIRE(of_old_root);
  const auto both = identity::Rotation(due.ca).prepare(24h * 365);
  REQUIRE(both);
  REQUIRE(
      identity::IdentityFolder(due.folder / "state").install(due.disk, {*both}, due.clock.wall()));
  REQUIRE(identity::Rotation(due.ca).activate());
  REQUIRE(due.ca.reload());
  due.clock.advance(1h);
  const auto renewed = due.ca.sign({*due.request, "n", {"main"}, 1h, false});
  REQUIRE(renewed);
  REQUIRE(renewed->certificate.not_after() < due.current->certificate.not_after());
  CHECK(due.run(renewed->text()).at("renewals") == 1U);

  INFO("whoever has seen the old one can't bring it back");
  auto key = *crypto::PrivateKey::from_pem(*due.key_text);
  due.own = *identity::NodeIdentity::load(due.folder / "state", std::move(key), due.clock.wall());
  due.clock.advance(45min);
  CHECK(due.run(of_old_root->text()).at("renewals") == 0U);

  INFO("in whatever order the roots come");
  identity::Bundle old = *of_old_root;
  REQUIRE(renewed->roots.size() == 2);
  old.roots = renewed->roots;
  CHECK(due.run(old.text()).at("renewals") == 0U);
  std::swap(old.roots[0], old.roots[1]);
  CHECK(due.run(old.text()).at("renewals") == 0U);
}
