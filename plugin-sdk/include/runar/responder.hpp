// Responder<Out>: the right and the duty to answer one request, exactly once, from any thread.
//
// Move-only. Answering uses it up; a Responder that dies unused answers with an internal error, so
// that no caller waits for nothing. An answer that comes too late is dropped by the host.
#pragma once

#include <string_view>
#include <utility>

#include <runar/payload.hpp>

namespace runar {

class RawResponder {
 public:
  RawResponder(runar_ctx* ctx, runar_id id) : ctx_(ctx), id_(id) {}
  RawResponder(RawResponder&& other) noexcept
      : ctx_(other.ctx_), id_(std::exchange(other.id_, 0)) {}
  RawResponder& operator=(RawResponder&& other) noexcept {
    std::swap(ctx_, other.ctx_);
    std::swap(id_, other.id_);
    return *this;
  }
  ~RawResponder() {
    if (*this) {
      fail(RUNAR_E_INTERNAL, "the handler ended without an answer");
    }
  }

  explicit operator bool() const { return id_ != 0; }  // still to be answered
  runar_id id() const { return id_; }
  // The caller does not wait any more: timed out, cancelled or gone.
  bool cancelled() const { return id_ == 0 || detail::host->request_state(ctx_, id_) != RUNAR_OK; }

  void respond(const runar_payload& payload) noexcept {
    if (const runar_id id = std::exchange(id_, 0); id != 0) {
      const runar_status status = detail::host->respond(ctx_, id, &payload);
      // The host refused the answer itself (too large, say): the caller is to hear that.
      if (status < 0 && status != RUNAR_E_STALE) {
        detail::host->fail(ctx_, id, status, detail::str("the answer was refused"), nullptr);
      }
    }
  }
  void fail(runar_status code, std::string_view text) noexcept {
    if (const runar_id id = std::exchange(id_, 0); id != 0) {
      const runar_status error = code < 0 ? code : runar_status{RUNAR_E_INTERNAL};
      detail::insist(
          [&](runar_str said) { return detail::host->fail(ctx_, id, error, said, nullptr); }, text);
    }
  }
  void fail(const Error& error) noexcept { fail(error.code(), error.text()); }
  // Only inside a catch block: answers with the exception that is being handled.
  void fail_with_current_exception() noexcept {
    detail::tell_exception([this](runar_status code, std::string_view text) { fail(code, text); });
  }
  // For the SDK: the answer is somebody else's from here on.
  runar_id release() { return std::exchange(id_, 0); }
  runar_ctx* context() const { return ctx_; }

 private:
  runar_ctx* ctx_;
  runar_id id_;
};

template <class Out>
class Responder : public RawResponder {
 public:
  using RawResponder::RawResponder;
  void respond(const Out& value) noexcept {
    try {
      const detail::Encoded encoded(context(), value);
      RawResponder::respond(encoded.payload());
    } catch (...) {
      fail_with_current_exception();
    }
  }
};

template <>
class Responder<void> : public RawResponder {
 public:
  using RawResponder::RawResponder;
  void respond() noexcept {
    RawResponder::respond({{detail::kNull, 1}, nullptr, 0, RUNAR_ENC_CBOR, 0});
  }
};

}  // namespace runar
