#include "enroll/office.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <fstream>

#include "identity/certificate.h"
#include "identity/durable_file.h"
#include "identity/rotation.h"
#include "support/result_text.h"
#include "unit/enroll/world.h"
#include "unit/identity/faulty_disk.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;
using enroll::Office;
using test::EnrollWorld;
using test::NewNode;

namespace {

enroll::RenewalRequest renewal_of(const NewNode& node, const identity::Bundle& bundle) {
  return {node.request, {bundle.certificate.der()}};
}

}  // namespace

TEST_CASE("T13: a certificate by token has only what the operator granted") {
  EnrollWorld world;
  auto order = world.order();
  order.name = "web-1";
  const auto token = world.office().create(order);
  REQUIRE(token);
  const NewNode node("root-of-all");  // what it wishes to be called
  const auto bundle = world.office().redeem({token->id, node.request, false}, {});
  REQUIRE(bundle);
  const auto checked = identity::check_bundle(*bundle, world.clock.time);
  REQUIRE(checked);
  CHECK(checked->identity.name == "web-1");
  CHECK(checked->identity.id == node.id);
  CHECK(checked->networks.size() == 1);
  CHECK(checked->networks.front().name == "prod");
  CHECK_FALSE(bundle->certificate.is_authority());
  CHECK(bundle->certificate.not_after() == world.clock.time + 24h);
}

TEST_CASE("T13: an unnamed node is called by its id, unless an operator approved its wish") {
  EnrollWorld world;
  auto order = world.order();
  order.uses = 2;
  const auto token = world.office().create(order);
  const NewNode one("wish-1");
  const NewNode two("wish-2");
  CHECK(world.office().redeem({token->id, one.request, false}, {})->certificate.common_name() ==
        one.id.text());
  CHECK(world.office().redeem({token->id, two.request, true}, {})->certificate.common_name() ==
        "wish-2");
}

TEST_CASE("T7: a token that is used up, expired, removed or unknown signs nothing") {
  EnrollWorld world;
  const auto used = world.office().create(world.order());
  REQUIRE(world.office().redeem({used->id, NewNode().request, false}, {}));
  CHECK(world.office().redeem({used->id, NewNode().request, false}, {}).error().code ==
        Errc::kNotFound);
  const auto expired = world.office().create(world.order());
  const auto removed = world.office().create(world.order());
  REQUIRE(world.office().remove(removed->id));
  CHECK(world.office().redeem({removed->id, NewNode().request, false}, {}).error().code ==
        Errc::kNotFound);
  CHECK(world.office().redeem({{}, NewNode().request, false}, {}).error().code == Errc::kNotFound);
  world.clock.time += 10min;
  CHECK(world.office().redeem({expired->id, NewNode().request, false}, {}).error().code ==
        Errc::kTokenExpired);
  CHECK(world.issued() == 1);
}

TEST_CASE("a name that another node has costs no use, and is told when the token is made") {
  EnrollWorld world;
  auto order = world.order();
  order.name = "web-1";
  const NewNode first, second;
  const auto early = world.office().create(order);
  const auto late = world.office().create(order);
  REQUIRE(world.office().redeem({early->id, first.request, false}, {}));
  CHECK(world.office().redeem({late->id, second.request, false}, {}).error().code ==
        Errc::kConflict);
  CHECK(world.office().look_up(late->id)->left == 1);
  CHECK(world.issued() == 1);
  const auto taken = world.office().create(order);
  REQUIRE_FALSE(taken);
  CHECK(taken.error().code == Errc::kConflict);
  CHECK(taken.error().about.find(first.id.text()) != std::string::npos);
  INFO("when its certificate has ended the node may come back by a token");
  world.clock.time += 25h;
  const auto back = world.office().create(order);
  REQUIRE(back);
  CHECK_FALSE(world.office().redeem({back->id, second.request, false}, {}));
  CHECK(world.office().redeem({back->id, first.request, false}, {}));
}

TEST_CASE("tokens that are used up make room for others and are listed no more") {
  EnrollWorld world;
  const enroll::TokenBook book(world.disk, world.ca());
  const core::WallTime now = world.clock.time;
  enroll::TokenRecord record;
  record.id = enroll::Token::create(world.random).id;
  record.expires = now + 10min;
  record.networks = {"prod"};
  REQUIRE(book.add(record, now));
  REQUIRE(book.use(record.id, now));
  CHECK(book.read()->empty());
  CHECK(book.use(record.id, now).error().code == Errc::kNotFound);
  std::string full;  // as an earlier version left it
  for (std::size_t i = 0; i < enroll::kMaxTokens; ++i) {
    full += fmt::format(
        "{} hash={} expires_ms=4000000000000 uses=1 left=0 approve=0 lifetime_s=60 name= "
        "networks=prod groups=\n",
        enroll::Token::create(world.random).id.text(), std::string(64, 'a'));
  }
  std::ofstream(world.ca() / "tokens") << full;
  REQUIRE(book.add(record, now));
  CHECK(book.read().value() == std::vector{record});
}

TEST_CASE("a request that is none costs no use") {
  EnrollWorld world;
  const auto token = world.office().create(world.order());
  CHECK(world.office().redeem({token->id, "garbage", false}, {}).error().code ==
        Errc::kRequestInvalid);
  std::string changed = NewNode().request;
  changed[100] = changed[100] == 'A' ? 'B' : 'A';
  CHECK_FALSE(world.office().redeem({token->id, changed, false}, {}));
  CHECK(world.office().look_up(token->id)->left == 1);
  CHECK(world.issued() == 0);
}

TEST_CASE("T7: whatever step fails or crashes, no use of a token counts twice") {
  for (int step = 0;; ++step) {
    EnrollWorld world;
    const auto token = world.office().create(world.order());
    REQUIRE(token);
    auto disk = test::FaultyDisk::crashing(step);
    const Office faulty({disk, world.clock, world.random}, world.ca());
    const bool granted = faulty.redeem({token->id, NewNode().request, false}, {}).has_value();
    const bool again = world.office().redeem({token->id, NewNode().request, false}, {}).has_value();
    CHECK_FALSE((granted && again));
    CHECK(world.issued() <= 1);
    if (!disk.struck()) {
      CHECK(granted);
      CHECK(step > 5);
      break;
    }
  }
}

TEST_CASE("T7: the CA's folder has no secret of a token, and the file is its owner's") {
  EnrollWorld world;
  const auto token = world.office().create(world.order());
  const auto file = world.ca() / "tokens";
  const auto text = identity::read_file(file);
  REQUIRE(text);
  CHECK(text->find(crypto::hex(token->secret.view())) == std::string::npos);
  CHECK(text->find(crypto::hex(crypto::sha256(token->secret.view()))) != std::string::npos);
  struct stat info{};
  REQUIRE(stat(file.c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0600);
}

TEST_CASE("an order that makes no sense makes no token") {
  EnrollWorld world;
  const auto code = [&](auto change) {
    auto order = world.order();
    change(order);
    const auto token = world.office().create(order);
    return token ? Errc{} : token.error().code;
  };
  CHECK(code([](auto& o) { o.addresses.clear(); }) == Errc::kInvalidArgument);
  CHECK(code([](auto& o) { o.networks.clear(); }) == Errc::kInvalidArgument);
  CHECK(code([](auto& o) { o.networks = {"other"}; }) == Errc::kNotFound);
  CHECK(code([](auto& o) { o.uses = 0; }) == Errc::kInvalidArgument);
  CHECK(code([](auto& o) { o.uses = enroll::kMaxUses + 1; }) == Errc::kInvalidArgument);
  CHECK(code([](auto& o) { o.name = "a b"; }) == Errc::kInvalidArgument);
  CHECK(code([](auto& o) {
          o.name = "web-1";
          o.uses = 2;
        }) == Errc::kInvalidArgument);
  CHECK(code([](auto& o) { o.valid = 0s; }) == Errc::kInvalidArgument);
  CHECK(code([](auto& o) { o.lifetime = 24h * 365 * 40; }) == Errc::kInvalidArgument);
}

TEST_CASE("a book has room for so many tokens, and those that ended make room") {
  EnrollWorld world;
  const enroll::TokenBook book(world.disk, world.ca());
  enroll::TokenRecord record;
  record.networks = {"prod"};
  record.expires = world.clock.time + 1min;
  std::ofstream file(world.ca() / "tokens");
  for (std::size_t i = 0; i < enroll::kMaxTokens; ++i) {
    record.id.bytes[0] = static_cast<std::uint8_t>(i);
    record.id.bytes[1] = static_cast<std::uint8_t>(i / 256);
    file << record.id.text() << " hash=" << std::string(64, 'a') << " expires_ms="
         << std::chrono::duration_cast<std::chrono::milliseconds>(record.expires.time_since_epoch())
                .count()
         << " uses=1 left=1 approve=0 lifetime_s=60 name= networks=prod groups=\n";
  }
  file.close();
  CHECK(book.read()->size() == enroll::kMaxTokens);
  CHECK(book.add(record, world.clock.time).error().code == Errc::kTooLarge);
  record.expires += 10min;
  CHECK(book.add(record, world.clock.time + 2min));
  CHECK(book.read()->size() == 1);
  CHECK(book.read()->front() == record);
}

TEST_CASE("a damaged book of tokens is told by file and line") {
  EnrollWorld world;
  REQUIRE(world.office().create(world.order()));
  std::ofstream(world.ca() / "tokens", std::ios::app) << "no token\n";
  const auto tokens = world.office().tokens();
  REQUIRE_FALSE(tokens);
  CHECK(tokens.error().code == Errc::kIdentityUnreadable);
  CHECK(tokens.error().about.find("tokens:2") != std::string::npos);
}

TEST_CASE("a renewal grants again what was granted, for as long, and keeps the node's id") {
  EnrollWorld world;
  auto order = world.order();
  order.name = "web-1";
  const NewNode node;
  const auto first =
      world.office().redeem({world.office().create(order)->id, node.request, false}, {});
  REQUIRE(first);
  world.clock.time += 16h;
  const auto second = world.office().renew({node.id, renewal_of(node, *first)}, world.trust());
  REQUIRE(second);
  const auto checked = identity::check_bundle(*second, world.clock.time);
  REQUIRE(checked);
  CHECK(checked->identity.id == node.id);
  CHECK(checked->identity.name == "web-1");
  CHECK(checked->networks.size() == 1);
  CHECK(second->certificate.not_after() == world.clock.time + 24h);
}

TEST_CASE("T13: a token's node labels are in the certificate, and renewals follow the operator") {
  EnrollWorld world;
  const NewNode node;
  auto order = world.order();
  order.approve = true;
  order.groups = {"web"};
  order.labels = {"region=eu", "rack=7"};
  const auto token = world.office().create(order);
  REQUIRE(token);
  CHECK(world.office().tokens()->front().labels == order.labels);
  const auto first = world.office().redeem({token->id, node.request, true}, {});
  REQUIRE(first);
  const auto labels = [](const identity::Bundle& bundle) {
    return *identity::node_labels_of(bundle.certificate.native());
  };
  CHECK(labels(*first) == std::vector<std::string>{"rack=7", "region=eu"});
  const auto second = world.office().renew({node.id, renewal_of(node, *first)}, world.trust());
  REQUIRE(second);
  CHECK(labels(*second) == labels(*first));
  CHECK(identity::Authority::issued_in(world.ca()).read()->back().labels == labels(*first));

  const auto request = crypto::SigningRequest::from_pem(node.request);
  REQUIRE(identity::Authority::open(world.host, world.ca())
              ->sign({*request,
                      node.id.text(),
                      {"prod"},
                      24h,
                      false,
                      {"quarantined"},
                      false,
                      {"rack=7", "region=us"}}));
  INFO("a rule may deny by them, so it does not help the node that it never installs that");
  const auto changed = world.office().renew({node.id, renewal_of(node, *first)}, world.trust());
  REQUIRE(changed);
  CHECK(labels(*changed) == std::vector<std::string>{"rack=7", "region=us"});
  CHECK(*identity::groups_of(changed->certificate.native()) ==
        std::vector<std::string>{"quarantined"});
}

TEST_CASE("node labels that are none make no token, nor do more groups than a node may have") {
  EnrollWorld world;
  const auto code = [&](std::vector<std::string> groups, std::vector<std::string> labels) {
    auto order = world.order();
    order.groups = std::move(groups);
    order.labels = std::move(labels);
    const auto token = world.office().create(order);
    return token ? Errc{} : token.error().code;
  };
  std::vector<std::string> groups;
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < 33; ++i) {
    groups.push_back(fmt::format("g{}", i));
    labels.push_back(fmt::format("k{}=v", i));
  }
  CHECK(code({}, {"region"}) == Errc::kInvalidArgument);
  CHECK(code({}, {"region=eu", "region=us"}) == Errc::kInvalidArgument);
  CHECK(code({}, labels) == Errc::kInvalidArgument);
  CHECK(code(groups, {}) == Errc::kInvalidArgument);
  groups.pop_back();
  labels.pop_back();
  CHECK(code(groups, labels) == Errc{});
  INFO("and a line with another text in their place is none");
  REQUIRE(world.office().tokens());
  std::string text = *identity::read_file(world.ca() / "tokens");
  text.replace(text.find("=v"), 2, "_v");
  std::ofstream(world.ca() / "tokens") << text;
  CHECK(world.office().tokens().error().code == Errc::kIdentityUnreadable);
}

TEST_CASE("T13: a renewal is for the caller's own key and certificate only") {
  EnrollWorld world;
  const NewNode node;
  const NewNode other;
  auto order = world.order();
  order.uses = 2;
  const auto token = world.office().create(order);
  const auto mine = world.office().redeem({token->id, node.request, false}, {});
  const auto theirs = world.office().redeem({token->id, other.request, false}, {});
  const auto code = [&](const core::NodeId& caller, enroll::RenewalRequest request) {
    const auto renewed = world.office().renew({caller, std::move(request)}, world.trust());
    return renewed ? Errc{} : renewed.error().code;
  };
  CHECK(code(node.id, renewal_of(other, *theirs)) == Errc::kRenewalRefused);
  CHECK(code(node.id, {other.request, {mine->certificate.der()}}) == Errc::kRenewalRefused);
  CHECK(code(node.id, {node.request, {theirs->certificate.der()}}) == Errc::kRenewalRefused);
  CHECK(code(node.id, {node.request, {}}) != Errc{});
  CHECK(code(node.id, {node.request, {{1, 2, 3}}}) != Errc{});
  CHECK(code(node.id, renewal_of(node, *mine)) == Errc{});
}

TEST_CASE("T18: a denied node, and one whose certificate has ended, is not renewed") {
  EnrollWorld world;
  const NewNode node;
  const auto bundle =
      world.office().redeem({world.office().create(world.order())->id, node.request, false}, {});
  identity::Denylist denied;
  denied.nodes.insert(node.id);
  const auto trust =
      *identity::TrustBundle::create({*identity::Authority::certificate_in(world.ca())}, denied);
  CHECK(world.office().renew({node.id, renewal_of(node, *bundle)}, trust).error().code ==
        Errc::kNodeDenied);
  world.clock.time += 25h;
  CHECK(world.office().renew({node.id, renewal_of(node, *bundle)}, world.trust()).error().code ==
        Errc::kCertificateExpired);
}

TEST_CASE("T13: what the operator granted less of later is not renewed from an older certificate") {
  EnrollWorld world;
  const NewNode node;
  auto order = world.order();
  order.networks = {"prod", "test"};
  const auto wide =
      world.office().redeem({world.office().create(order)->id, node.request, false}, {});
  REQUIRE(wide);
  const auto request = crypto::SigningRequest::from_pem(node.request);
  REQUIRE(identity::Authority::open(world.host, world.ca())
              ->sign({*request, node.id.text(), {"test"}, 24h, false}));
  const auto renewed = world.office().renew({node.id, renewal_of(node, *wide)}, world.trust());
  REQUIRE(renewed);
  CHECK(renewed->networks.networks().size() == 1);
  CHECK(renewed->networks.networks().front().name == "test");
}

TEST_CASE("T29: near the CA's end certificates are cut, and what was ordered is not forgotten") {
  EnrollWorld world;
  const NewNode node;
  const crypto::Certificate old = *identity::Authority::certificate_in(world.ca());
  CHECK(world.office().end_of_ca()->until == old.not_after());
  CHECK_FALSE(world.office().end_of_ca()->near);
  world.clock.time = old.not_after() - 30h;
  CHECK(world.office().end_of_ca()->near);

  const auto first =
      world.office().redeem({world.office().create(world.order())->id, node.request, false}, {});
  REQUIRE(first);
  world.clock.time += 20h;
  const auto cut = world.office().renew({node.id, renewal_of(node, *first)}, world.trust());
  REQUIRE(cut);
  CHECK(cut->certificate.not_after() == old.not_after() - 1s);
  {
    const auto ca = identity::Authority::open(world.host, world.ca());
    REQUIRE(ca);
    REQUIRE(identity::Rotation(*ca).prepare(24h * 365));
    REQUIRE(identity::Rotation(*ca).activate());
  }
  const auto both =
      identity::TrustBundle::create({old, *identity::Authority::certificate_in(world.ca())});
  const auto renewed = world.office().renew({node.id, renewal_of(node, *cut)}, *both);
  REQUIRE(renewed);
  CHECK(renewed->certificate.not_after() == world.clock.time + 24h);
  CHECK_FALSE(world.office().end_of_ca()->near);
}
