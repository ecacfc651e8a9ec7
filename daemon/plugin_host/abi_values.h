// Values across the C boundary: runar_str, runar_bytes, runar_payload and ours, without copying.
#pragma once

#include <runar/plugin.h>

#include <string_view>

#include "rpc/payload.h"

namespace runard::plugin_host {

inline runar_str to_abi(std::string_view text) {
  return {text.data(), text.size()};
}
inline std::string_view view(runar_str text) {
  return {text.ptr, text.len};
}
// Whether a plugin's text can be read at all.
inline bool is_text(runar_str text, std::size_t most) {
  return (text.ptr != nullptr || text.len == 0) && text.len <= most;
}
inline runar_buf* to_abi(core::Buffer::Block* block) {
  return reinterpret_cast<runar_buf*>(block);
}
inline core::Buffer::Block* from_abi(runar_buf* buffer) {
  return reinterpret_cast<core::Buffer::Block*>(buffer);
}
inline runar_payload to_abi(const rpc::Payload& payload) {
  return {{payload.bytes.data(), payload.bytes.size()},
          to_abi(payload.owner.block()),
          payload.type,
          static_cast<std::uint32_t>(payload.encoding),
          0};
}

}  // namespace runard::plugin_host
