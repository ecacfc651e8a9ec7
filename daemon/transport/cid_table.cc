#include "transport/cid_table.h"

#include "core/sip_hash.h"

namespace runard::transport {

std::size_t SecretHash::operator()(core::ByteView bytes) const {
  core::SipHash<2, 4> hash(key_[0], key_[1]);
  hash.absorb(bytes);
  return static_cast<std::size_t>(hash.finish());
}

}  // namespace runard::transport
