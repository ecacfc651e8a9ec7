#include "keys/key_ring.h"

#include "envelope/signature.h"

namespace runard::keys {

core::Result<void> KeyRing::hold(std::vector<HeldKey> keys) {
  if (keys.size() > kMaxHeldKeys) {
    return core::fail(core::Errc::kInvalidArgument, "more keys than one node may hold");
  }
  auto held = std::make_shared<Held>();
  for (HeldKey& key : keys) {
    held->emplace(key.address, std::move(key.key));
  }
  const std::lock_guard lock(mutex_);
  held_ = std::move(held);
  return {};
}

void KeyRing::learn_signer(const core::NodeId& node, const crypto::PublicKey& key) {
  Signer made{envelope::signer_id(key), std::make_shared<const crypto::PublicKey>(key), 0};
  const std::lock_guard lock(mutex_);
  if (const auto at = signers_.find(node); at != signers_.end()) {
    made.learned = at->second.learned;
    at->second = std::move(made);
    return;
  }
  if (signers_.size() == kMaxSigners) {
    forget_oldest();
  }
  made.learned = ++learned_;
  by_age_.emplace(made.learned, node);
  signers_.emplace(node, std::move(made));
}

void KeyRing::forget_signer(const core::NodeId& node) {
  const std::lock_guard lock(mutex_);
  if (const auto at = signers_.find(node); at != signers_.end()) {
    by_age_.erase(at->second.learned);
    signers_.erase(at);
  }
}

void KeyRing::forget_oldest() {
  signers_.erase(by_age_.begin()->second);
  by_age_.erase(by_age_.begin());
}

std::size_t KeyRing::size() const {
  const std::lock_guard lock(mutex_);
  return held_->size();
}

std::shared_ptr<const crypto::AgreementPrivateKey> KeyRing::find(
    const envelope::KeyAddress& address) const {
  std::shared_ptr<const Held> held;
  {
    const std::lock_guard lock(mutex_);
    held = held_;
  }
  const auto at = held->find(address);
  return at == held->end() ? nullptr : at->second;
}

std::shared_ptr<const crypto::PublicKey> KeyRing::signer(const core::NodeId& node,
                                                         const envelope::KeyId& id) const {
  const std::lock_guard lock(mutex_);
  const auto at = signers_.find(node);
  return at != signers_.end() && at->second.id == id ? at->second.key : nullptr;
}

}  // namespace runard::keys
