// The extension runar.secrets/1: encryption for what a service stores. The host says who asks, and
// the port has the keys.
#include <algorithm>

#include "plugin_host/abi.h"
#include "plugin_host/abi_entry.h"
#include "plugin_host/abi_input.h"

namespace runard::plugin_host {
namespace {

constexpr std::size_t kMaxSecretContext = 256;

runar_status status_of(const core::Error& error) {
  switch (error.code) {
    case core::Errc::kStoredSecretInvalid:
      return RUNAR_E_DENIED;
    case core::Errc::kTooLarge:
      return RUNAR_E_TOO_LARGE;
    case core::Errc::kKeyMissing:
      return RUNAR_E_UNAVAILABLE;
    default:
      return RUNAR_E_INTERNAL;
  }
}

runar_status give(core::ByteView bytes, runar_payload& out) {
  core::Buffer buffer = core::Buffer::alloc(bytes.size());
  if (!buffer) {
    return RUNAR_E_NO_MEMORY;
  }
  std::ranges::copy(bytes, buffer.data());
  const std::uint8_t* const data = buffer.data();
  out = {{data, bytes.size()}, to_abi(buffer.detach()), 0, RUNAR_ENC_RAW, 0};
  return RUNAR_OK;
}

using Operation = core::Result<core::Bytes> (Secrets::*)(const Secrets::Owner&, core::ByteView);

runar_status run(runar_ctx* raw, runar_str context, runar_bytes given, runar_payload* out,
                 Operation operation) {
  const Entry entry(raw);
  if (!entry) {
    return entry.status();
  }
  return shielded([&] {
    if (out == nullptr || !is_utf8_text(context, kMaxSecretContext) ||
        (given.ptr == nullptr && given.len != 0)) {
      return misuse(entry.context(), "secrets", RUNAR_E_INVALID);
    }
    Secrets* const secrets = entry.runtime().ports.secrets;
    if (secrets == nullptr) {
      return runar_status{RUNAR_E_UNAVAILABLE};
    }
    const Label& label = entry.context().label();
    const auto done =
        (secrets->*operation)({label.network, label.path, view(context)}, {given.ptr, given.len});
    return done ? give(*done, *out) : status_of(done.error());
  });
}

runar_status seal(runar_ctx* raw, runar_str context, runar_bytes plain, runar_payload* out) {
  return run(raw, context, plain, out, &Secrets::seal);
}

runar_status open(runar_ctx* raw, runar_str context, runar_bytes sealed, runar_payload* out) {
  return run(raw, context, sealed, out, &Secrets::open);
}

}  // namespace

const runar_secrets& secrets_extension() {
  static constexpr runar_secrets kTable{sizeof(runar_secrets), 0, nullptr, seal, open};
  return kTable;
}

}  // namespace runard::plugin_host
