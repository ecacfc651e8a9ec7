// links: envelope
// Envelopes from anywhere: whatever the bytes, parsing and opening end. What parses reads the same
// when it is written again, and what opens shows the values that were sealed, or none.
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/check.h"
#include "core/random.h"
#include "envelope/opener.h"
#include "envelope/restanza.h"
#include "envelope/rewrapper.h"
#include "envelope/sealer.h"
#include "support/fakes.h"

namespace {

using namespace runard;
using namespace runard::envelope;

// The same keys in each run, so that a corpus keeps its worth.
class Scene final : public KeyRing {
 public:
  Scene() : random_(1), epochs_({}, clock_, random_), sealer_(epochs_, clock_, random_) {
    key_ = std::make_shared<crypto::AgreementPrivateKey>(
        *crypto::AgreementPrivateKey::generate(crypto::Kem::kX25519, random_));
    set_.emplace(*RecipientSet::make({Recipient{address_, key_->public_key()}}));
  }

  std::shared_ptr<const crypto::AgreementPrivateKey> find(
      const KeyAddress& address) const override {
    return address == address_ ? key_ : nullptr;
  }
  std::shared_ptr<const crypto::PublicKey> signer(const core::NodeId&,
                                                  const KeyId&) const override {
    return nullptr;
  }

  // One good envelope with the first byte's choice of mode, and the rest laid over it as changes:
  // triples of a place (2 bytes) and what to add there.
  core::Bytes changed(core::ByteView input) {
    constexpr std::uint8_t kValue[] = {0x65, 'v', 'a', 'l', 'u', 'e'};
    const Field clear[] = {{"clear", kValue}};
    const Field fields[] = {{"field", kValue}};
    const std::string_view labels[] = {"user"};
    const Group groups[] = {{labels, fields, &*set_}};
    const Message message{"type", {}, {Kind::kEvent, "a/b", {}}, clear, groups};
    const auto mode = static_cast<Mode>(input[0] % 3);
    const auto sealed = sealer_.seal(Suite::kX25519Aes, message, mode);
    RUNARD_CHECK(sealed.has_value());
    core::Bytes bytes(sealed->bytes.view().begin(), sealed->bytes.view().end());
    for (std::size_t i = 1; i + 2 < input.size(); i += 3) {
      bytes[(input[i] * 256U + input[i + 1]) % bytes.size()] ^= input[i + 2];
    }
    return bytes;
  }

 private:
  test::ManualClock clock_;
  core::SeededRandom random_;
  EpochKeys epochs_;
  Sealer sealer_;
  KeyAddress address_{KeyKind::kProfile, {}, 1};
  std::shared_ptr<const crypto::AgreementPrivateKey> key_;
  std::optional<RecipientSet> set_;
};

void parses_as_written(core::ByteView bytes) {
  const auto view = EnvelopeView::parse(bytes);
  if (!view) {
    return;
  }
  std::vector<StanzaBlock> blocks;
  for (const GroupView& group : view->groups()) {
    blocks.push_back(block_of(group));
    RUNARD_CHECK(!labels_of(group).empty());
  }
  const core::Buffer again = with_stanzas(*view, blocks);
  RUNARD_CHECK(std::ranges::equal(again.view(), bytes));
}

void shows_nothing_else(Scene& scene, core::ByteView bytes) {
  KekCache cache;
  Opener opener(scene, cache);
  const Expected expected{{}, {Kind::kEvent, "a/b", {}}, "type", core::NodeId{}};
  const auto outcome = opener.open(bytes, expected);
  const auto* const opened = outcome ? std::get_if<Opened>(&*outcome) : nullptr;
  if (opened == nullptr) {
    return;
  }
  for (const OpenedGroup& group : opened->groups) {
    if (group.fields) {
      RUNARD_CHECK(group.fields->size() == 1 && group.fields->front().path == "field" &&
                   core::as_text(group.fields->front().value) == "evalue");
      RUNARD_CHECK(opened->clear.size() == 1 && opened->clear[0].path == "clear");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Scene scene;
  const core::ByteView bytes(data, size);
  parses_as_written(bytes);
  shows_nothing_else(scene, bytes);
  core::SystemRandom random;
  (void)Rewrapper(scene, random).rewrap(bytes, [](auto) { return nullptr; });
  if (size > 0) {
    const core::Bytes changed = scene.changed(bytes);
    parses_as_written(changed);
    shows_nothing_else(scene, changed);
  }
  return 0;
}
