// runar.secrets/1 of the test host. It encrypts nothing: it marks the bytes with whose they are and
// what for, so that a test sees what would not open.
#pragma once

#include <runar/testing/buffers.hpp>

namespace runar::testing::table {

// Network, mount and context, each ended by a zero; then the bytes, changed so that a test that
// looks for the text in what was stored does not find it.
inline Bytes secret_mark(runar_ctx* ctx, runar_str context) {
  Bytes mark{'t', 'e', 's', 't', 0};
  for (const std::string_view part :
       {std::string_view(Core::row(ctx).network), std::string_view(Core::row(ctx).path),
        detail::view(context)}) {
    mark.insert(mark.end(), part.begin(), part.end());
    mark.push_back(0);
  }
  return mark;
}

inline runar_status give_secret(runar_ctx* ctx, std::span<const std::uint8_t> head,
                                std::span<const std::uint8_t> text, runar_payload* out) {
  std::uint8_t* bytes = nullptr;
  runar_buf* const buffer = buf_alloc(ctx, head.size() + text.size(), &bytes);
  if (buffer == nullptr) {
    return RUNAR_E_STALE;
  }
  std::copy(head.begin(), head.end(), bytes);
  std::transform(text.begin(), text.end(), bytes + head.size(),
                 [](std::uint8_t byte) { return static_cast<std::uint8_t>(byte ^ 0x5a); });
  *out = {{bytes, head.size() + text.size()}, buffer, 0, RUNAR_ENC_RAW, 0};
  return RUNAR_OK;
}

inline runar_status seal_secret(runar_ctx* ctx, runar_str context, runar_bytes plain,
                                runar_payload* out) {
  if (out == nullptr || context.len > 256) {
    core(ctx).problem("seal: a context of at most 256 bytes, and a place for the bytes");
    return RUNAR_E_INVALID;
  }
  return give_secret(ctx, secret_mark(ctx, context), detail::view(plain), out);
}

inline runar_status open_secret(runar_ctx* ctx, runar_str context, runar_bytes sealed,
                                runar_payload* out) {
  if (out == nullptr || context.len > 256) {
    core(ctx).problem("open: a context of at most 256 bytes, and a place for the bytes");
    return RUNAR_E_INVALID;
  }
  const auto bytes = detail::view(sealed);
  const Bytes mark = secret_mark(ctx, context);
  if (bytes.size() < mark.size() || !std::equal(mark.begin(), mark.end(), bytes.begin())) {
    return RUNAR_E_DENIED;
  }
  return give_secret(ctx, {}, bytes.subspan(mark.size()), out);
}

inline const runar_secrets& secrets() {
  static constexpr runar_secrets kTable{sizeof(runar_secrets), 0, nullptr, seal_secret,
                                        open_secret};
  return kTable;
}

}  // namespace runar::testing::table
