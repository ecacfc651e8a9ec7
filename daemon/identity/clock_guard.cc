#include "identity/clock_guard.h"

#include <fmt/format.h>

#include <charconv>

#include "identity/durable_file.h"
#include "identity/time_text.h"

namespace runard::identity {
namespace {

constexpr const char* kFile = "clock";
constexpr std::size_t kMaxText = 20;
constexpr std::int64_t kMaxSeconds = 9'000'000'000;  // so that nanoseconds fit into 64 bits

core::WallTime read_time(const std::filesystem::path& file) {
  const auto text = read_file(file, kMaxText);
  std::int64_t seconds = 0;
  if (!text || text->empty() || text->back() != '\n') {
    return {};
  }
  const char* end = text->data() + text->size() - 1;
  const auto parsed = std::from_chars(text->data(), end, seconds);
  const bool good =
      parsed.ec == std::errc() && parsed.ptr == end && seconds >= 0 && seconds <= kMaxSeconds;
  return good ? core::WallTime(std::chrono::seconds(seconds)) : core::WallTime{};
}

}  // namespace

ClockGuard::ClockGuard(Disk& disk, const std::filesystem::path& state_dir)
    : disk_(&disk), file_(state_dir / kFile), latest_(read_time(file_)) {}

core::Result<void> ClockGuard::check(core::WallTime now) const {
  if (now + kTolerance >= latest_) {
    return {};
  }
  return core::fail(core::Errc::kClockBehind,
                    fmt::format("the clock says {}, but this node has seen {}", time_text(now),
                                time_text(latest_)));
}

core::Result<void> ClockGuard::note(core::WallTime now) {
  if (now <= latest_) {
    return {};
  }
  latest_ = now;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  const std::string text = fmt::format("{}\n", seconds);
  return write_durably(*disk_, file_, core::as_bytes(text), kSecretMode);
}

}  // namespace runard::identity
