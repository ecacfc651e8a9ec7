// links: envelope
// The C++ side of the envelope vectors.
//
//   envelope_vectors check FILE   compares what we say about the cases of FILE with what they say
//   envelope_vectors write FILE   seals envelopes of our own and writes what we say about them
#include <fmt/format.h>

#include <cstring>
#include <fstream>

#include "envelope/sealer.h"
#include "envelope/signature.h"
#include "support/fakes.h"
#include "vectors/envelope/vector_case.h"

namespace {

using namespace runard;
using namespace runard::envelope;
using vectors::VectorCase;
using Json = nlohmann::json;

int problems_of_changes(const VectorCase& one, const Json& change) {
  std::vector<std::string> wanted;
  for (const Json& run : change["results"]) {
    wanted.insert(wanted.end(), run[1].get<std::size_t>(), run[0].get<std::string>());
  }
  int problems = 0;
  std::size_t at = 0;
  for (const vectors::Run& run : one.verdicts_of_changes(change["mask"])) {
    for (std::size_t i = 0; i < run.count; ++i, ++at) {
      const std::string& there = at < wanted.size() ? wanted[at] : "nothing";
      if (there != run.verdict) {
        ++problems;
        fmt::print("{}: byte {} changed by {}: {}, but here {}\n", one.name, at,
                   change["mask"].get<int>(), there, run.verdict);
      }
    }
  }
  return problems;
}

int check(const char* path) {
  std::ifstream file(path);
  const Json cases = Json::parse(file);
  int problems = 0;
  for (const Json& json : cases) {
    const VectorCase one = VectorCase::from_json(json);
    const std::string verdict = one.verdict(one.bytes);
    if (verdict != json["result"]) {
      ++problems;
      fmt::print("{}: {}, but here {}\n", one.name, json["result"].get<std::string>(), verdict);
    }
    for (const Json& change : json["changes"]) {
      problems += problems_of_changes(one, change);
    }
  }
  fmt::print(stderr, "{} envelopes, {} differences\n", cases.size(), problems);
  return cases.empty() ? 1 : problems == 0 ? 0 : 1;
}

// Alice's message to Bob and Carol.
class Writer {
 public:
  Writer() : epochs_(kAlice, clock_, random_), sealer_(epochs_, clock_, random_) {}

  Json write() {
    Json cases = Json::array();
    for (const Suite suite : {Suite::kX25519Aes, Suite::kP256Aes, Suite::kX25519ChaCha}) {
      const std::vector<int> masks =
          suite == Suite::kX25519Aes ? std::vector<int>{0x01, 0x40} : std::vector<int>{0x08};
      for (const Mode mode : {Mode::kFull, Mode::kOnce}) {
        cases.push_back(seal(suite, mode, Kind::kRequest, kBob).to_json(masks));
        cases.push_back(seal(suite, mode, Kind::kStored, kCarol).to_json({masks[0]}));
      }
    }
    cases.push_back(seal(Suite::kX25519Aes, Mode::kCompact, Kind::kEvent, kBob).to_json({0x02}));
    return cases;
  }

 private:
  static constexpr core::NodeId kAlice{{0xa1, 0x1c, 0xe}};
  static constexpr KeyAddress kBob{KeyKind::kProfile, {{0xb0, 0xb}}, 1};
  static constexpr KeyAddress kCarol{KeyKind::kNetwork, {{0xca}}, 70000};

  std::shared_ptr<const crypto::AgreementPrivateKey> new_key(crypto::Kem kem) {
    return std::make_shared<crypto::AgreementPrivateKey>(
        *crypto::AgreementPrivateKey::generate(kem, random_));
  }

  // What `reader` says to it.
  VectorCase seal(Suite suite, Mode mode, Kind kind, const KeyAddress& reader) {
    VectorCase made;
    made.name = fmt::format("C++, suite {}, mode {}, kind {}", static_cast<int>(suite),
                            static_cast<int>(mode), static_cast<int>(kind));
    made.kem = hpke_of(suite).kem;
    made.type = "profile/v1";
    made.network = core::NetworkId{{1, 2, 3}};
    made.kind = kind;
    made.path = "users/ann";
    made.clear = {{"name", {0x63, 'A', 'n', 'n'}}, {"age", {0x18, 0x2a}}};
    made.groups = {{{"address.street", {0x61, 'x'}}, {"phone", {0xf5}}}, {{"note", {0xa0}}}};
    if (kind != Kind::kStored) {
      made.peer = kAlice;
    }
    made.signers.emplace_back(kAlice, std::make_shared<crypto::PublicKey>(identity_.public_key()));
    const auto bob = new_key(made.kem);
    const auto carol = new_key(made.kem);
    made.keys[reader] = reader == kBob ? bob : carol;
    const auto for_bob = *RecipientSet::make({Recipient{kBob, bob->public_key()}});
    const auto for_both = *RecipientSet::make(
        {Recipient{kBob, bob->public_key()}, Recipient{kCarol, carol->public_key()}});
    made.bytes = sealed(suite, mode, made, {&for_bob, &for_both});
    return made;
  }

  core::Bytes sealed(Suite suite, Mode mode, const VectorCase& made,
                     const std::vector<const RecipientSet*>& recipients) {
    constexpr std::string_view kLabels[] = {"system", "user"};
    std::vector<std::vector<Field>> fields;
    for (const vectors::Fields& group : made.groups) {
      fields.push_back(views(group));
    }
    const Group groups[] = {{std::span(kLabels).last(1), fields[0], recipients[0]},
                            {kLabels, fields[1], recipients[1]}};
    const std::vector<Field> clear = views(made.clear);
    const Message message{*made.type, made.network, {made.kind, made.path, {}}, clear, groups};
    const bool stored = made.kind == Kind::kStored;
    const auto done = sealer_.seal(suite, message, mode, stored ? &identity_ : nullptr);
    RUNARD_CHECK(done.has_value());
    return {done->bytes.view().begin(), done->bytes.view().end()};
  }

  static std::vector<Field> views(const vectors::Fields& fields) {
    std::vector<Field> made;
    for (const auto& [path, value] : fields) {
      made.push_back({path, value});
    }
    return made;
  }

  test::ManualClock clock_;
  core::SystemRandom random_;
  crypto::PrivateKey identity_ = *crypto::PrivateKey::generate();
  EpochKeys epochs_;
  Sealer sealer_;
};

}  // namespace

int main(int count, char** arguments) {
  if (count == 3 && std::strcmp(arguments[1], "check") == 0) {
    return check(arguments[2]);
  }
  if (count == 3 && std::strcmp(arguments[1], "write") == 0) {
    std::ofstream(arguments[2]) << Writer().write();
    return 0;
  }
  fmt::print(stderr, "usage: envelope_vectors check|write FILE\n");
  return 2;
}
