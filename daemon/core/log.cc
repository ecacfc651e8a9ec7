#include "core/log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <concepts>

#include "core/utf8.h"

namespace runard::core {
namespace {

constexpr double kBurst = 20;

constexpr std::string_view kMalformed = "\xEF\xBF\xBD";  // U+FFFD

// The first character, or the byte that is none; takes it away.
std::string_view next_character(std::string_view& text) {
  const std::string_view first = text.substr(0, std::max<std::size_t>(1, utf8_size(text)));
  text.remove_prefix(first.size());
  return first;
}

bool is_malformed(std::string_view character) {
  return character.size() == 1 && static_cast<unsigned char>(character[0]) >= 0x80;
}

// U+0000-1F and U+007F-9F: what terminals obey. Its number is its last byte.
bool is_control(std::string_view character) {
  const auto last = static_cast<unsigned char>(character.back());
  return character.size() == 1 ? last < 0x20 || last == 0x7f
                               : character.size() == 2 && character[0] == '\xC2' && last < 0xa0;
}

void append_escaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::string_view character = next_character(text);
    if (character == "\"" || character == "\\") {
      out += '\\';
      out += character;
    } else if (is_control(character)) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}",
                     static_cast<unsigned char>(character.back()));
    } else {
      out += is_malformed(character) ? kMalformed : character;
    }
  }
}

bool is_plain(std::string_view text) {
  bool plain = !text.empty();
  while (plain && !text.empty()) {
    const std::string_view character = next_character(text);
    plain = !is_control(character) && !is_malformed(character) &&
            std::string_view(" \"\\=").find(character) == std::string_view::npos;
  }
  return plain;
}

std::string time_text(WallTime wall) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(wall.time_since_epoch());
  const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(ms).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds), ms.count() % 1000);
}

struct AppendText {
  std::string& line;

  void operator()(const std::string& text) const {
    if (is_plain(text)) {
      line += text;
    } else {
      line += '"';
      append_escaped(line, text);
      line += '"';
    }
  }
  void operator()(bool yes) const { line += yes ? "yes" : "no"; }
  void operator()(std::integral auto number) const { line += std::to_string(number); }
};

struct AppendJson {
  std::string& line;

  void operator()(const std::string& text) const {
    line += '"';
    append_escaped(line, text);
    line += '"';
  }
  void operator()(bool yes) const { line += yes ? "true" : "false"; }
  void operator()(std::integral auto number) const { line += std::to_string(number); }
};

void append_text(std::string& line, std::span<const Field> fields) {
  for (const Field& f : fields) {
    line += ' ';
    line += f.key;
    line += '=';
    std::visit(AppendText{line}, f.value);
  }
}

void append_json(std::string& line, std::span<const Field> fields) {
  for (const Field& f : fields) {
    line += ",\"";
    append_escaped(line, f.key);
    line += "\":";
    std::visit(AppendJson{line}, f.value);
  }
}

}  // namespace

std::string_view level_text(Level level) {
  constexpr std::string_view kNames[] = {"trace", "debug", "info", "warn", "error"};
  return kNames[static_cast<std::size_t>(level)];
}

LogSink::LogSink(const Clock& clock, LogFormat format, Write write)
    : clock_(clock), format_(format), write_(std::move(write)) {}

void LogSink::set_level(std::string_view component, Level level) {
  const std::lock_guard lock(mutex_);
  if (component.empty()) {
    default_level_ = level;
  } else {
    levels_.insert_or_assign(std::string(component), level);
  }
  Level lowest = default_level_;
  for (const auto& [name, own] : levels_) {
    lowest = std::min(lowest, own);
  }
  lowest_.store(lowest, std::memory_order_relaxed);
}

bool LogSink::enabled(std::string_view component, Level level) const {
  if (level < lowest_.load(std::memory_order_relaxed)) {
    return false;
  }
  const std::lock_guard lock(mutex_);
  const auto own = levels_.find(component);
  return level >= (own == levels_.end() ? default_level_ : own->second);
}

bool LogSink::admit(std::string_view component, const char* key, std::uint64_t& suppressed) {
  const TimePoint now = clock_.now();
  auto [it, fresh] = buckets_.try_emplace({std::string(component), key});
  Bucket& bucket = it->second;
  if (!fresh) {
    const double seconds = std::chrono::duration<double>(now - bucket.refilled).count();
    bucket.tokens = std::min(kBurst, bucket.tokens + seconds);
  }
  bucket.refilled = now;
  if (bucket.tokens < 1) {
    ++bucket.suppressed;
    return false;
  }
  bucket.tokens -= 1;
  suppressed = std::exchange(bucket.suppressed, 0);
  return true;
}

void LogSink::emit(Level level, std::string_view component, Message message,
                   std::span<const Field> context, std::span<const Field> fields) {
  const std::lock_guard lock(mutex_);
  std::uint64_t suppressed = 0;
  if (!admit(component, message.key, suppressed)) {
    return;
  }
  std::string line;
  const auto append = format_ == LogFormat::kJson ? append_json : append_text;
  if (format_ == LogFormat::kJson) {
    line = fmt::format(R"({{"time":"{}","level":"{}","component":"{}","message":")",
                       time_text(clock_.wall()), level_text(level), component);
    append_escaped(line, message.text);
    line += '"';
  } else {
    line = fmt::format("{} {:<5} {}: ", time_text(clock_.wall()), level_text(level), component);
    append_escaped(line, message.text);
  }
  append(line, context);
  append(line, fields);
  if (suppressed > 0) {
    const Field held[] = {field("suppressed", suppressed)};
    append(line, std::span<const Field>(held));
  }
  line += format_ == LogFormat::kJson ? "}\n" : "\n";
  write_(line);
}

Log Log::component(std::string name) const {
  Log log = *this;
  log.component_ = std::move(name);
  return log;
}

Log Log::with(std::string_view key, std::string value) const {
  Log log = *this;
  log.context_.push_back({key, std::move(value)});
  return log;
}

void Log::write(Level level, const char* message, std::initializer_list<Field> fields) const {
  if (enabled(level)) {
    sink_->emit(level, component_, {message, message}, context_, {fields.begin(), fields.size()});
  }
}

void Log::write_text(Level level, std::string_view message, const char* key,
                     std::span<const Field> fields) const {
  if (enabled(level)) {
    sink_->emit(level, component_, {message, key}, context_, fields);
  }
}

}  // namespace runard::core
