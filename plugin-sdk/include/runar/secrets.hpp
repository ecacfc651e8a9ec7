// Secrets: the daemon's encryption for what a service stores itself, in a file or a database of its
// own.
//
//   runar::Secrets secrets(rq);                            // any Context
//   const runar::Bytes stored = secrets.seal("users/42", text);
//   const std::string text = secrets.open_text("users/42", stored);
//
// Sealed bytes open only for the same service (network and mount) on the same node, with the same
// context: what the bytes are, at most 256 bytes. They are 53 bytes longer and stay good when the
// node's keys are rotated. The plugin never holds a key.
// Throws Error: RUNAR_E_DENIED when the bytes do not open here, RUNAR_E_UNAVAILABLE on a node
// without keys (local only), RUNAR_E_UNSUPPORTED with an older daemon. Any thread; does not wait.
#pragma once

#include <runar/context.hpp>

namespace runar {

class Secrets {
 public:
  explicit Secrets(const Context& context) : Secrets(context.context()) {}
  explicit Secrets(runar_ctx* ctx)
      : ctx_(ctx),
        host_(static_cast<const runar_secrets*>(detail::host->extension(RUNAR_EXT_SECRETS))) {}

  Bytes seal(std::string_view context, std::span<const std::uint8_t> plain) const {
    return available() ? run(host_->seal, "seal", context, plain) : unsupported();
  }
  Bytes seal(std::string_view context, std::string_view plain) const {
    return seal(context,
                std::span(reinterpret_cast<const std::uint8_t*>(plain.data()), plain.size()));
  }
  Bytes open(std::string_view context, std::span<const std::uint8_t> sealed) const {
    return available() ? run(host_->open, "open", context, sealed) : unsupported();
  }
  std::string open_text(std::string_view context, std::span<const std::uint8_t> sealed) const {
    const Bytes bytes = open(context, sealed);
    return {bytes.begin(), bytes.end()};
  }
  // Whether the daemon has it at all.
  bool available() const { return host_ != nullptr && RUNAR_HAS(host_, open); }

 private:
  using Function = runar_status (*)(runar_ctx*, runar_str, runar_bytes, runar_payload*);

  Bytes run(Function function, std::string_view doing, std::string_view context,
            std::span<const std::uint8_t> given) const {
    runar_payload out{};
    detail::check(function(ctx_, detail::str(context), {given.data(), given.size()}, &out), doing);
    const auto bytes = detail::view(out.bytes);
    Bytes made(bytes.begin(), bytes.end());
    detail::host->buf_release(out.buf);
    return made;
  }
  [[noreturn]] static Bytes unsupported() {
    throw Error(RUNAR_E_UNSUPPORTED, "the daemon has no runar.secrets/1", Executed::kNo);
  }

  runar_ctx* ctx_;
  const runar_secrets* host_;
};

}  // namespace runar
