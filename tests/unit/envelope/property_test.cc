// Random messages, recipients and keys: who holds a key sees exactly what was sealed for it, and
// nobody ever sees anything else.
#include <catch2/catch_get_random_seed.hpp>
#include <deque>

#include "core/random.h"
#include "envelope/repacker.h"
#include "envelope/rewrapper.h"
#include "unit/envelope/world.h"

using namespace runard;
using namespace runard::envelope;
using namespace runard::envelope::testing;

namespace {

constexpr std::size_t kHolders = 6;

// A message with everything that it borrows.
class RandomMessage {
 public:
  RandomMessage(core::Random& random, const std::vector<Holder>& holders) : random_(random) {
    message.type = text_of_size(random.below(20));
    message.context = {static_cast<Kind>(1 + random.below(3)), text_of_size(random.below(40)), {}};
    if (random.below(2) == 0) {
      message.network = kMain;
    }
    clear_ = fields(random.below(4));
    message.clear = clear_;
    const std::size_t count = random.below(5);
    labels_.reserve(count);
    groups_fields_.reserve(count);
    sets_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      add_group(holders);
    }
    message.groups = groups_;
  }
  RandomMessage(const RandomMessage&) = delete;
  RandomMessage& operator=(const RandomMessage&) = delete;

  // What somebody with these keys should see: "path=value" of every field, sorted.
  std::vector<std::string> seen_by(const FakeRing& ring) const {
    std::vector<std::string> seen = lines(message.clear);
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      if (is_for(i, ring)) {
        const auto more = lines(groups_[i].fields);
        seen.insert(seen.end(), more.begin(), more.end());
      }
    }
    std::ranges::sort(seen);
    return seen;
  }
  bool is_for(std::size_t group, const FakeRing& ring) const {
    return std::ranges::any_of(sets_[group].recipients(), [&](const Recipient& recipient) {
      return ring.find(recipient.address) != nullptr;
    });
  }
  Expected expected() const { return {message.network, message.context, message.type, kAlice}; }

  static std::vector<std::string> lines(std::span<const Field> fields) {
    std::vector<std::string> all;
    for (const Field& field : fields) {
      all.push_back(std::string(field.path) + "=" + std::string(core::as_text(field.value)));
    }
    return all;
  }

  Message message;

 private:
  std::string_view text_of_size(std::size_t size) {
    std::string& text = texts_.emplace_back();
    for (std::size_t i = 0; i < size; ++i) {
      text += static_cast<char>('a' + random_.below(26));
    }
    return text;
  }
  std::vector<Field> fields(std::size_t count) {
    std::vector<Field> made;
    for (std::size_t i = 0; i < count; ++i) {
      std::string& path = texts_.emplace_back("field" + std::to_string(next_++));
      path.append(random_.below(30), 'x');
      made.push_back({path, values_.emplace_back(cbor_blob(random_.below(400)))});
    }
    return made;
  }
  void add_group(const std::vector<Holder>& holders) {
    auto& labels = labels_.emplace_back();
    labels.push_back(texts_.emplace_back("label" + std::to_string(labels_.size())));
    std::vector<Recipient> recipients{holders[random_.below(kHolders)].recipient()};
    for (const Holder& holder : holders) {
      if (random_.below(3) == 0 && holder.address != recipients.front().address) {
        recipients.push_back(holder.recipient());
      }
    }
    sets_.push_back(*RecipientSet::make(recipients));
    groups_fields_.push_back(fields(1 + random_.below(4)));
    groups_.push_back({labels, groups_fields_.back(), &sets_.back()});
  }

  core::Random& random_;
  int next_ = 0;
  std::deque<std::string> texts_;
  std::deque<core::Bytes> values_;
  std::vector<Field> clear_;
  std::vector<std::vector<std::string_view>> labels_;
  std::vector<std::vector<Field>> groups_fields_;
  std::vector<RecipientSet> sets_;
  std::vector<Group> groups_;
};

std::vector<std::string> seen_in(const Opened& opened) {
  std::vector<std::string> seen = RandomMessage::lines(opened.clear);
  for (const OpenedGroup& group : opened.groups) {
    if (group.fields) {
      const auto more = RandomMessage::lines(*group.fields);
      seen.insert(seen.end(), more.begin(), more.end());
    }
  }
  std::ranges::sort(seen);
  return seen;
}

std::vector<Holder> make_holders() {
  std::vector<Holder> holders;
  for (std::uint32_t i = 0; i < kHolders; ++i) {
    const auto kind = static_cast<KeyKind>(1 + i % 3);
    holders.emplace_back(KeyAddress{kind, id_of<KeyId>(static_cast<std::uint8_t>(i)), i},
                         crypto::Kem::kX25519);
  }
  return holders;
}

// As a receiver does that asks its sender for an epoch that it does not know.
core::Result<Outcome> open_asking(Receiver& receiver, const core::Buffer& sealed,
                                  const core::Buffer& full, const Expected& expected) {
  auto outcome = receiver.opener.open(sealed.view(), expected);
  if (outcome && std::holds_alternative<KekUnknown>(*outcome)) {
    return receiver.opener.open(full.view(), expected);
  }
  return outcome;
}

// Changes, cuts or doubles a few bytes.
core::Bytes damaged(core::ByteView good, core::Random& random) {
  core::Bytes bytes(good.begin(), good.end());
  for (std::uint64_t i = 0; i <= random.below(3); ++i) {
    const auto at = static_cast<std::ptrdiff_t>(random.below(bytes.size()));
    switch (random.below(3)) {
      case 0:
        bytes[static_cast<std::size_t>(at)] ^= static_cast<std::uint8_t>(1 + random.below(255));
        break;
      case 1:
        bytes.erase(bytes.begin() + at);
        break;
      default:
        bytes.insert(bytes.begin() + at, static_cast<std::uint8_t>(random.below(256)));
    }
  }
  return bytes;
}

}  // namespace

TEST_CASE("whoever holds keys sees exactly what is for them, message after message") {
  const std::uint64_t seed = Catch::getSeed();
  INFO("seed " << seed);
  core::SeededRandom random(seed);
  const std::vector<Holder> holders = make_holders();
  Sender sender;
  Repacker repacker(sender.epochs);
  std::vector<Receiver> receivers(4);
  for (Receiver& receiver : receivers) {
    for (const Holder& holder : holders) {
      if (random.below(3) == 0) {
        holder.give_to(receiver.ring);
      }
    }
  }
  for (int round = 0; round < 300; ++round) {
    const RandomMessage given(random, holders);
    const auto mode = static_cast<Mode>(random.below(3));
    const auto sealed = sender.sealer.seal(Suite::kX25519Aes, given.message, mode);
    REQUIRE(sealed);
    for (Receiver& receiver : receivers) {
      const auto full = repacker.repack(sealed->bytes.view(), Mode::kFull);
      REQUIRE(full);
      const auto outcome = open_asking(receiver, sealed->bytes, *full, given.expected());
      CHECK(seen_in(opened_of(outcome)) == given.seen_by(receiver.ring));
    }
  }
}

TEST_CASE("a damaged envelope is refused or shows nothing but what was sealed") {
  const std::uint64_t seed = Catch::getSeed();
  INFO("seed " << seed);
  core::SeededRandom random(seed);
  const std::vector<Holder> holders = make_holders();
  Sender sender;
  FakeRing ring;
  for (const Holder& holder : holders) {
    holder.give_to(ring);
  }
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    const RandomMessage given(random, holders);
    if (given.message.groups.empty()) {
      continue;  // only the link or a signature protects what is all in clear
    }
    const auto sealed = sender.sealer.seal(Suite::kX25519Aes, given.message, Mode::kFull);
    REQUIRE(sealed);
    KekCache cache;
    Opener opener(ring, cache);
    const core::Bytes bytes =
        damaged(sealed->bytes.view(), random);  // what is opened looks into it
    const auto outcome = opener.open(bytes, given.expected());
    if (!outcome) {
      ++refused;
      continue;
    }
    const auto* const opened = std::get_if<Opened>(&*outcome);
    const auto has_fields = [](const OpenedGroup& group) { return group.fields.has_value(); };
    if (opened != nullptr && std::ranges::any_of(opened->groups, has_fields)) {
      const auto all = given.seen_by(ring);
      for (const std::string& line : seen_in(*opened)) {
        CHECK(std::ranges::binary_search(all, line));
      }
    }
  }
  CHECK(refused > 2000);
}

TEST_CASE("a rewrapped message shows its new readers what the old ones saw") {
  const std::uint64_t seed = Catch::getSeed();
  INFO("seed " << seed);
  core::SeededRandom random(seed);
  const std::vector<Holder> holders = make_holders();
  const Holder archive({KeyKind::kNetwork, id_of<KeyId>(0xee), 1}, crypto::Kem::kX25519);
  const RecipientSet for_archive = *RecipientSet::make({archive.recipient()});
  Sender sender;
  Receiver old_reader;
  Receiver new_reader;
  holders[0].give_to(old_reader.ring);
  holders[1].give_to(old_reader.ring);
  archive.give_to(new_reader.ring);
  Rewrapper rewrapper(old_reader.ring, sender.random);
  for (int round = 0; round < 100; ++round) {
    const RandomMessage given(random, holders);
    const auto mode = random.below(2) == 0 ? Mode::kFull : Mode::kOnce;
    const auto sealed = sender.sealer.seal(Suite::kX25519Aes, given.message, mode);
    const auto rewrapped =
        rewrapper.rewrap(sealed->bytes.view(), [&](auto) { return &for_archive; });
    REQUIRE(rewrapped);
    const auto outcome = new_reader.opener.open(rewrapped->bytes.view(), given.expected());
    CHECK(seen_in(opened_of(outcome)) == given.seen_by(old_reader.ring));
  }
}
