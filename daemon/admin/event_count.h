// EventCount: what the receiving end of a bench of events saw of one run. It travels back to the
// publisher as an event of its own.
//
// A run lies between two marks: events with the metadata {bench: begin|end, run: any text}.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>

#include "core/bytes.h"
#include "core/clock.h"

namespace runard::admin {

inline constexpr std::string_view kBenchMark = "bench";
inline constexpr std::string_view kBenchBegin = "begin";
inline constexpr std::string_view kBenchEnd = "end";
inline constexpr std::string_view kBenchRun = "run";

struct EventCount {
  std::string run;
  std::uint64_t received = 0;   // the marks are not counted
  std::uint64_t lost = 0;       // sequence numbers that were passed over
  std::uint64_t misplaced = 0;  // that came late or twice
  core::Duration elapsed{};     // from the first mark to the last
};

// Where reports about a topic go; "" when that would be too long for a topic.
std::string report_topic(std::string_view topic);
boost::json::object render(const EventCount& count);
// None: not a report.
std::optional<EventCount> parse_event_count(core::ByteView text);

}  // namespace runard::admin
