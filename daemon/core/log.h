// Logging: one line an event, a constant message plus key=value fields, as text or JSON.
//
// A Log is a cheap value (sink, component, context) that is passed to whoever logs; there is no
// global one. The message must be a string literal: it is the key of the rate limit (a burst of 20
// a component and message, then one a second; what was held back is counted in the next line). Any
// thread. Whatever values are, a line is UTF-8 and not forged. Secrets are never passed here.
//
// A field is a text, a whole number or a yes-no. JSON has it as a text, a number, true or false. An
// id goes as text, even if it is made of digits: many readers of JSON keep 53 bits of a number.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "core/clock.h"

namespace runard::core {

enum class Level : std::uint8_t { kTrace, kDebug, kInfo, kWarn, kError };
std::string_view level_text(Level level);

// Numbers become text only when a line is written, so they cost nothing on a disabled level.
struct Field {
  std::string_view key;
  std::variant<std::string, std::int64_t, std::uint64_t, bool> value;
};
template <class T>
Field field(std::string_view key, T&& value) {
  using Given = std::remove_cvref_t<T>;
  if constexpr (std::is_same_v<Given, bool>) {
    return {key, value};
  } else if constexpr (std::is_integral_v<Given>) {
    return {key,
            static_cast<std::conditional_t<std::is_signed_v<Given>, std::int64_t, std::uint64_t>>(
                value)};
  } else {
    return {key, std::string(std::forward<T>(value))};
  }
}

enum class LogFormat : std::uint8_t { kText, kJson };

class LogSink {
 public:
  // Writes one whole line, newline included. Any thread, one at a time.
  using Write = std::function<void(std::string_view line)>;
  LogSink(const Clock& clock, LogFormat format, Write write);

  // The level of one component ("transport") or, with "", of all that have none of their own.
  void set_level(std::string_view component, Level level);
  bool enabled(std::string_view component, Level level) const;
  // `key` stands for the message in the rate limit; it is compared by address.
  struct Message {
    std::string_view text;
    const char* key;
  };
  void emit(Level level, std::string_view component, Message message,
            std::span<const Field> context, std::span<const Field> fields);

 private:
  struct Bucket {
    double tokens = 20;
    TimePoint refilled{};
    std::uint64_t suppressed = 0;
  };
  bool admit(std::string_view component, const char* key, std::uint64_t& suppressed);

  const Clock& clock_;
  const LogFormat format_;
  const Write write_;
  std::atomic<Level> lowest_{Level::kInfo};  // below it nothing is looked up
  mutable std::mutex mutex_;                 // protects all below
  Level default_level_ = Level::kInfo;
  std::map<std::string, Level, std::less<>> levels_;
  std::map<std::pair<std::string, const char*>, Bucket> buckets_;
};

class Log {
 public:
  Log() = default;  // logs nowhere
  Log(std::shared_ptr<LogSink> sink, std::string component)
      : sink_(std::move(sink)), component_(std::move(component)) {}

  // The same log for another component, or with a field that every line carries.
  Log component(std::string name) const;
  Log with(std::string_view key, std::string value) const;

  bool enabled(Level level) const { return sink_ && sink_->enabled(component_, level); }
  void write(Level level, const char* message, std::initializer_list<Field> fields) const;
  // For text that is not a literal, such as a plugin's. `key`: its place in the rate limit; an
  // address that stays reserved as long as the sink lives.
  void write_text(Level level, std::string_view message, const char* key,
                  std::span<const Field> fields) const;
  void debug(const char* message, std::initializer_list<Field> f = {}) const {
    write(Level::kDebug, message, f);
  }
  void info(const char* message, std::initializer_list<Field> f = {}) const {
    write(Level::kInfo, message, f);
  }
  void warn(const char* message, std::initializer_list<Field> f = {}) const {
    write(Level::kWarn, message, f);
  }
  void error(const char* message, std::initializer_list<Field> f = {}) const {
    write(Level::kError, message, f);
  }

 private:
  std::shared_ptr<LogSink> sink_;
  std::string component_;
  std::vector<Field> context_;  // keys are literals
};

}  // namespace runard::core
