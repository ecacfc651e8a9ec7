// KeyRing: what an opener asks for keys; the keystore answers.
//
// Threading: any thread, and it does not block. A key that was handed out stays usable while it is
// held, also after the ring forgot it.
#pragma once

#include <memory>

#include "core/ids.h"
#include "crypto/agreement_key.h"
#include "crypto/key.h"
#include "envelope/key_address.h"

namespace runard::envelope {

class KeyRing {
 public:
  virtual ~KeyRing() = default;
  // Null when this node does not hold the key, or no longer opens with that version of it.
  virtual std::shared_ptr<const crypto::AgreementPrivateKey> find(
      const KeyAddress& address) const = 0;
  // The key with which `node` signs, if `id` is the id of one (signature.h): whoever answers has
  // seen a certificate that binds the two. Null for a key that is another node's.
  virtual std::shared_ptr<const crypto::PublicKey> signer(const core::NodeId& node,
                                                          const KeyId& id) const = 0;
};

}  // namespace runard::envelope
