// runar::Error: what handlers throw to answer a request with an error, and what a failed call
// throws at its caller.
#pragma once

#include <new>
#include <stdexcept>
#include <string>
#include <string_view>

#include <runar/detail/host.hpp>

namespace runar {

enum class Executed : std::uint32_t { kUnknown = 0, kNo = 1, kYes = 2 };

class Error : public std::runtime_error {
 public:
  // `code` is one of RUNAR_E_*, or an application's own: see app_error.
  Error(runar_status code, const std::string& text, Executed executed = Executed::kUnknown)
      : std::runtime_error(text),
        code_(code < 0 ? code : runar_status{RUNAR_E_INTERNAL}),
        executed_(executed) {}

  runar_status code() const { return code_; }
  std::string_view text() const { return what(); }
  // Of a failed call: whether the work was done all the same.
  Executed executed() const { return executed_; }
  // The same error, its text begun with what failed because of it: "can't load the user: timeout".
  Error with_context(std::string_view doing) const {
    return {code_, std::string(doing) + ": " + what(), executed_};
  }
  // The number that was given to app_error, or -1 when this is none of those.
  int app_code() const { return code_ <= RUNAR_E_APP ? RUNAR_E_APP - code_ : -1; }

 private:
  runar_status code_;
  Executed executed_;
};

// An error of the service's own: `number` counts from 0 and is part of the service's contract.
inline Error app_error(int number, const std::string& text) {
  return {RUNAR_E_APP - number, text};
}

// What a status is called in messages.
constexpr std::string_view describe(runar_status status) {
  switch (status) {
    case RUNAR_OK:
      return "ok";
    case RUNAR_E_INVALID:
      return "invalid";
    case RUNAR_E_STALE:
      return "stale";
    case RUNAR_E_TOO_NEW:
      return "too new for this host";
    case RUNAR_E_NOT_FOUND:
      return "not found";
    case RUNAR_E_EXISTS:
      return "exists already";
    case RUNAR_E_DENIED:
      return "denied";
    case RUNAR_E_BUSY:
      return "busy";
    case RUNAR_E_TIMEOUT:
      return "timeout";
    case RUNAR_E_CANCELLED:
      return "cancelled";
    case RUNAR_E_UNAVAILABLE:
      return "unavailable";
    case RUNAR_E_STOPPING:
      return "stopping";
    case RUNAR_E_UNSUPPORTED:
      return "unsupported";
    case RUNAR_E_NO_MEMORY:
      return "out of memory";
    case RUNAR_E_INTERNAL:
      return "internal error";
    case RUNAR_E_TOO_LARGE:
      return "too large";
    default:
      return status <= RUNAR_E_APP ? "application error" : "unknown error";
  }
}

namespace detail {

inline void check(runar_status status, std::string_view doing) {
  if (status < 0) {
    throw Error(status, std::string(doing) + ": " + std::string(describe(status)), Executed::kNo);
  }
}

// Calls tell(code, text) for the exception that is being handled. Only inside a catch block.
template <class Tell>
void tell_exception(Tell&& tell) noexcept {
  try {
    throw;
  } catch (const Error& error) {
    tell(error.code(), error.text());
  } catch (const std::bad_alloc&) {
    tell(runar_status{RUNAR_E_NO_MEMORY}, std::string_view("out of memory"));
  } catch (const std::exception& error) {
    tell(runar_status{RUNAR_E_INTERNAL}, std::string_view(error.what()));
  } catch (...) {
    tell(runar_status{RUNAR_E_INTERNAL}, std::string_view("unknown exception"));
  }
}

}  // namespace detail

}  // namespace runar
