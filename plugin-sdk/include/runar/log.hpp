// Logging: runar::log_info(where, "stored {} bytes for {user}", size, runar::kv("user", id)).
//
// `where` is a Lifecycle, Request or Event; the host adds the service, and for a Request its id.
// Each {} takes the next plain argument; {name} takes the kv of that name. Every kv is also handed
// to the host as a field, for structured logs. Nothing is formatted when the level is off.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

#include <runar/detail/host.hpp>

namespace runar {

template <class T>
struct KeyValue {
  std::string_view key;
  const T& value;
};
// For log_*; borrows both until the end of the statement.
template <class T>
KeyValue<T> kv(std::string_view key, const T& value) {
  return {key, value};
}

namespace detail {

template <class T>
std::string to_text(const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_enum_v<T>) {
    return to_text(static_cast<std::underlying_type_t<T>>(value));
  } else if constexpr (std::is_same_v<T, char>) {
    return std::string(1, value);
  } else if constexpr (std::is_arithmetic_v<T>) {
    char digits[40];
    return std::string(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  } else {
    return std::string(std::string_view(value));
  }
}

// One argument of a log call, as text. Plain ones have no key.
struct LogArgument {
  std::string_view key;
  std::string text;
};
template <class T>
LogArgument log_argument(const T& value) {
  return {{}, to_text(value)};
}
template <class T>
LogArgument log_argument(const KeyValue<T>& pair) {
  return {pair.key, to_text(pair.value)};
}

inline std::string format(std::string_view text, const LogArgument* arguments, std::size_t count) {
  std::string out;
  std::size_t next = 0;
  while (true) {
    const std::size_t open = text.find('{');
    const std::size_t close = text.find('}', open);
    out += text.substr(0, open);
    if (open == std::string_view::npos || close == std::string_view::npos) {
      out += open == std::string_view::npos ? std::string_view() : text.substr(open);
      return out;
    }
    const std::string_view name = text.substr(open + 1, close - open - 1);
    const LogArgument* found = nullptr;
    if (name.empty()) {
      while (next < count && !arguments[next].key.empty()) {
        ++next;
      }
      found = next < count ? &arguments[next++] : nullptr;
    } else {
      for (std::size_t i = 0; i < count && found == nullptr; ++i) {
        found = arguments[i].key == name ? &arguments[i] : nullptr;
      }
    }
    out += found != nullptr ? std::string_view(found->text) : text.substr(open, close - open + 1);
    text.remove_prefix(close + 1);
  }
}

template <class... Args>
void log(runar_ctx* ctx, runar_id request, std::int32_t level, std::string_view text,
         const Args&... args) {
  if (host->log_enabled(ctx, level) == 0) {
    return;
  }
  const std::array<LogArgument, sizeof...(Args)> arguments{log_argument(args)...};
  std::array<runar_kv, sizeof...(Args)> fields{};
  std::size_t count = 0;
  for (const LogArgument& argument : arguments) {
    if (!argument.key.empty()) {
      fields[count++] = {str(argument.key), str(argument.text)};
    }
  }
  const std::string message = format(text, arguments.data(), arguments.size());
  host->log(ctx, level, str(message), fields.data(), count, request);
}

}  // namespace detail

template <class Where, class... Args>
void log_trace(const Where& where, std::string_view text, const Args&... args) {
  detail::log(where.context(), where.request_id(), RUNAR_LOG_TRACE, text, args...);
}
template <class Where, class... Args>
void log_debug(const Where& where, std::string_view text, const Args&... args) {
  detail::log(where.context(), where.request_id(), RUNAR_LOG_DEBUG, text, args...);
}
template <class Where, class... Args>
void log_info(const Where& where, std::string_view text, const Args&... args) {
  detail::log(where.context(), where.request_id(), RUNAR_LOG_INFO, text, args...);
}
template <class Where, class... Args>
void log_warn(const Where& where, std::string_view text, const Args&... args) {
  detail::log(where.context(), where.request_id(), RUNAR_LOG_WARN, text, args...);
}
template <class Where, class... Args>
void log_error(const Where& where, std::string_view text, const Args&... args) {
  detail::log(where.context(), where.request_id(), RUNAR_LOG_ERROR, text, args...);
}

}  // namespace runar
