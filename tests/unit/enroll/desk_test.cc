#include "enroll/desk.h"

#include <deque>

#include "enroll/applicant.h"
#include "enroll/proof.h"
#include "support/result_text.h"
#include "unit/enroll/world.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;
using enroll::Desk;
using enroll::GuestId;
using enroll::Message;
using test::EnrollWorld;
using test::NewNode;

namespace {

// The world around a desk: frames wait until they are taken, work is done when it is told to.
class FakePort final : public enroll::DeskPort {
 public:
  explicit FakePort(EnrollWorld& world) : office_(world.host, world.ca()) {}
  void send(GuestId, Message type, core::Bytes body) override {
    sent.push_back({type, std::move(body)});
  }
  void close(GuestId, bool welcome) override {
    ++closed;
    welcomed += welcome ? 1 : 0;
  }
  void keep(GuestId, core::Duration patience) override { kept = patience; }
  void look_up(GuestId guest, const enroll::TokenId& token) override {
    ++looked_up;
    work.push_back([this, guest, token] { desk->looked_up(guest, office_.look_up(token)); });
  }
  void redeem(GuestId guest, const enroll::TokenId& token, const std::string& request,
              bool approved) override {
    ++redeemed;
    work.push_back([this, guest, token, request, approved] {
      const auto bundle = office_.redeem({token, request, approved}, {});
      desk->redeemed(guest, bundle ? core::Result<std::string>(bundle->text()) : bundle.error());
    });
  }
  void run() {
    while (!work.empty()) {
      work.front()();
      work.pop_front();
    }
  }

  Desk* desk = nullptr;
  std::deque<enroll::Outgoing> sent;
  std::deque<std::function<void()>> work;
  core::Duration kept{};
  int closed = 0;
  int welcomed = 0;
  int looked_up = 0;
  int redeemed = 0;

 private:
  const enroll::Office office_;
};

struct Enrolment {
  explicit Enrolment(bool approve = false) {
    port.desk = &desk;
    auto order = world.order();
    order.approve = approve;
    token = *world.office().create(order);
    desk.came(1, "192.0.2.7:4000", binding);
  }
  // Lets both sides talk until neither has anything to say.
  core::Error talk(enroll::Applicant& applicant, GuestId guest = 1) {
    const auto first = applicant.begin();
    desk.said(guest, static_cast<std::uint64_t>(first.type), first.body);
    return go_on(applicant, guest);
  }
  core::Error go_on(enroll::Applicant& applicant, GuestId guest = 1) {
    port.run();
    while (!port.sent.empty()) {
      const enroll::Outgoing out = std::move(port.sent.front());
      port.sent.pop_front();
      const auto next = applicant.take(static_cast<std::uint64_t>(out.type), out.body);
      if (!next) {
        return next.error();
      }
      if (*next) {
        desk.said(guest, static_cast<std::uint64_t>((*next)->type), (*next)->body);
      }
      port.run();
    }
    return {Errc{}, {}, {}, {}};
  }
  enroll::Applicant applicant() { return {token, node.request, binding}; }

  EnrollWorld world;
  NewNode node;
  enroll::Token token;
  core::Bytes binding = core::Bytes(32, 9);
  FakePort port{world};
  Desk desk{port, world.clock, core::Log()};
};

}  // namespace

TEST_CASE("a token, proved on the connection, becomes a certificate") {
  Enrolment enrolment;
  auto applicant = enrolment.applicant();
  CHECK(enrolment.talk(applicant).code == Errc{});
  REQUIRE(applicant.bundle());
  CHECK(identity::Bundle::parse(*applicant.bundle()));
  CHECK(enrolment.port.welcomed == 1);
  CHECK(enrolment.desk.stats().granted == 1);
  CHECK(enrolment.world.issued() == 1);
}

TEST_CASE("T7: a relay is refused, since each of its connections has another exporter") {
  Enrolment enrolment;
  // The applicant talks to the relay on one connection, the relay to the issuer on another.
  enroll::Applicant applicant(enrolment.token, enrolment.node.request, core::Bytes(32, 8));
  CHECK(enrolment.talk(applicant).code == Errc::kCertificateUntrusted);
  CHECK(enrolment.port.redeemed == 0);
  // One that got hold of the secret in some other way still can't use the applicant's proof.
  Enrolment other;
  const auto first = enroll::Applicant(other.token, other.node.request, core::Bytes(32, 8)).begin();
  other.desk.said(1, static_cast<std::uint64_t>(first.type), first.body);
  other.port.run();
  other.desk.said(1, static_cast<std::uint64_t>(Message::kReveal),
                  encode(enroll::Reveal{crypto::SecretBytes::copy_of(other.token.secret.view())}));
  other.port.run();
  CHECK(other.port.redeemed == 0);
  CHECK(other.desk.stats().refused == 1);
}

TEST_CASE("T7: the secret is shown to nobody who does not know its hash") {
  Enrolment enrolment;
  auto applicant = enrolment.applicant();
  const auto next =
      applicant.take(static_cast<std::uint64_t>(Message::kChallenge), encode(enroll::Challenge{}));
  REQUIRE_FALSE(next);
  CHECK(next.error().code == Errc::kCertificateUntrusted);
}

TEST_CASE("T7: an issuer can't go on without its proof") {
  Enrolment enrolment;
  for (const auto& [type, body] : {std::pair(Message::kGranted, enroll::encode_granted("x")),
                                   std::pair(Message::kPending, encode(enroll::Pending{60s}))}) {
    auto applicant = enrolment.applicant();
    CHECK_FALSE(applicant.take(static_cast<std::uint64_t>(type), body));
    CHECK_FALSE(applicant.bundle());
  }
}

TEST_CASE("T7: a wrong secret, a used token and an unknown one all get the same answer") {
  std::vector<core::Bytes> answers;
  const auto refusal = [&](Enrolment& enrolment) {
    REQUIRE_FALSE(enrolment.port.sent.empty());
    const enroll::Outgoing last = enrolment.port.sent.back();
    CHECK(last.type == Message::kRefused);
    answers.push_back(last.body);
    CHECK(enrolment.port.redeemed <= 1);
    CHECK(enrolment.port.welcomed == 0);
  };
  const auto begin = [](Enrolment& enrolment) {
    const auto first = enrolment.applicant().begin();
    enrolment.desk.said(1, static_cast<std::uint64_t>(first.type), first.body);
    enrolment.port.run();
  };
  Enrolment wrong;
  begin(wrong);
  wrong.desk.said(1, static_cast<std::uint64_t>(Message::kReveal),
                  encode(enroll::Reveal{crypto::SecretBytes(32)}));
  refusal(wrong);
  CHECK(wrong.world.office().look_up(wrong.token.id)->left == 1);
  Enrolment used;
  REQUIRE(used.world.office().redeem({used.token.id, NewNode().request, false}, {}));
  begin(used);
  refusal(used);
  Enrolment unknown;
  REQUIRE(unknown.world.office().remove(unknown.token.id));
  begin(unknown);
  refusal(unknown);
  Enrolment expired;
  expired.world.clock.time += 11min;
  begin(expired);
  refusal(expired);
  Enrolment garbage;
  garbage.desk.said(1, 1, core::Bytes{0xff});
  refusal(garbage);
  Enrolment order;
  order.desk.said(1, static_cast<std::uint64_t>(Message::kReveal), {});
  refusal(order);
  for (const core::Bytes& answer : answers) {
    CHECK(answer == answers.front());
  }
}

TEST_CASE("a token that runs out between proof and signature signs nothing") {
  Enrolment enrolment;
  auto applicant = enrolment.applicant();
  const auto first = applicant.begin();
  enrolment.desk.said(1, static_cast<std::uint64_t>(first.type), first.body);
  enrolment.port.run();
  enrolment.world.clock.time += 11min;
  CHECK(enrolment.go_on(applicant).code == Errc::kEnrolmentRefused);
  CHECK(enrolment.world.issued() == 0);
}

TEST_CASE("after a refusal nothing more is heard") {
  Enrolment enrolment;
  enrolment.desk.said(1, 99, {});
  CHECK(enrolment.port.closed == 1);
  const auto first = enrolment.applicant().begin();
  enrolment.desk.said(1, static_cast<std::uint64_t>(first.type), first.body);
  CHECK(enrolment.port.looked_up == 0);
  CHECK(enrolment.port.sent.size() == 1);
}

TEST_CASE("a guest that hangs up in the midst leaves nothing behind") {
  Enrolment enrolment;
  auto applicant = enrolment.applicant();
  const auto first = applicant.begin();
  enrolment.desk.said(1, static_cast<std::uint64_t>(first.type), first.body);
  enrolment.desk.left(1);
  enrolment.port.run();
  CHECK(enrolment.port.sent.empty());
  CHECK(enrolment.world.office().look_up(enrolment.token.id)->left == 1);
}

TEST_CASE("a request waits for an operator, who sees the words that the node shows") {
  Enrolment enrolment(true);
  auto applicant = enrolment.applicant();
  CHECK(enrolment.talk(applicant).code == Errc{});
  CHECK(applicant.pending());
  CHECK_FALSE(applicant.bundle());
  CHECK(enrolment.world.issued() == 0);
  const auto waiting = enrolment.desk.pending();
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0].node == enrolment.node.id);
  CHECK(waiting[0].words == enroll::key_words(enrolment.node.key.public_key().spki()));
  CHECK(waiting[0].wished_name == "wish");
  CHECK(enrolment.port.kept >= 10min);
  REQUIRE(enrolment.desk.decide(enrolment.node.id, true));
  CHECK(enrolment.go_on(applicant).code == Errc{});
  REQUIRE(applicant.bundle());
  CHECK(identity::Bundle::parse(*applicant.bundle())->certificate.common_name() == "wish");
}

TEST_CASE("what an operator denies is not signed") {
  Enrolment enrolment(true);
  auto applicant = enrolment.applicant();
  CHECK(enrolment.talk(applicant).code == Errc{});
  REQUIRE(enrolment.desk.decide(enrolment.node.id, false));
  CHECK(enrolment.go_on(applicant).code == Errc::kEnrolmentDenied);
  CHECK(enrolment.world.issued() == 0);
  CHECK(enrolment.desk.decide(enrolment.node.id, true).error().code == Errc::kNotFound);
}

TEST_CASE("a request that nobody decides about ends, with its reason") {
  Enrolment enrolment(true);
  auto applicant = enrolment.applicant();
  CHECK(enrolment.talk(applicant).code == Errc{});
  CHECK(enrolment.desk.expiry() == enrolment.world.clock.now() + 10min);
  enrolment.desk.tick();
  CHECK(enrolment.desk.pending().size() == 1);
  enrolment.world.clock.time += 10min;
  enrolment.desk.tick();
  CHECK(enrolment.desk.pending().empty());
  CHECK(enrolment.go_on(applicant).code == Errc::kEnrolmentExpired);
}

TEST_CASE("so many requests wait at once, and one node waits once") {
  Enrolment enrolment(true);
  auto order = enrolment.world.order();
  order.approve = true;
  order.uses = 100;
  enrolment.token = *enrolment.world.office().create(order);
  auto first = enrolment.applicant();
  CHECK(enrolment.talk(first).code == Errc{});
  enrolment.desk.came(2, "", enrolment.binding);
  auto twin = enrolment.applicant();
  CHECK(enrolment.talk(twin, 2).code == Errc::kOverloaded);
  for (GuestId guest = 3; guest < 3 + Desk::kMaxPending; ++guest) {
    enrolment.node = NewNode();
    enrolment.desk.came(guest, "", enrolment.binding);
    auto applicant = enrolment.applicant();
    const bool room = guest < 2 + Desk::kMaxPending;
    CHECK(enrolment.talk(applicant, guest).code == (room ? Errc{} : Errc::kOverloaded));
  }
  CHECK(enrolment.desk.pending().size() == Desk::kMaxPending);
}

TEST_CASE("W3, T7: an applicant trusts only the root whose hash its token has") {
  EnrollWorld mesh;
  EnrollWorld other;
  const auto token = mesh.office().create(mesh.order());
  const auto root = *identity::Authority::certificate_in(mesh.ca());
  const auto foreign = *identity::Authority::certificate_in(other.ca());
  CHECK(enroll::pinned_trust(token->root, std::vector{foreign, root}));
  CHECK(enroll::pinned_trust(token->root, std::vector{foreign}).error().code ==
        Errc::kFingerprintMismatch);
  CHECK(enroll::pinned_trust(token->root, {}).error().code == Errc::kFingerprintMismatch);
  // A node's certificate for a key is no root, even if a token named it.
  const NewNode node;
  const auto bundle = mesh.office().redeem({token->id, node.request, false}, {});
  CHECK_FALSE(enroll::pinned_trust(enroll::root_pin(node.key.public_key()),
                                   std::vector{bundle->certificate}));
}
