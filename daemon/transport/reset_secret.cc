#include "transport/reset_secret.h"

#include <ngtcp2/ngtcp2_crypto.h>

#include "core/check.h"

namespace runard::transport {

ResetToken ResetSecret::token(const Cid& cid) const {
  ResetToken token;
  const ngtcp2_cid native = cid.native();
  RUNARD_CHECK(ngtcp2_crypto_generate_stateless_reset_token(token.data(), secret_.data(),
                                                            secret_.size(), &native) == 0);
  return token;
}

}  // namespace runard::transport
