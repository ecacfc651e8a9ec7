#include "admin/event_count.h"

#include "routing/segments.h"

namespace runard::admin {
namespace json = boost::json;

std::string report_topic(std::string_view topic) {
  std::string name = std::string(topic) + "/bench-report";
  const bool fits = name.size() <= routing::kMaxPathBytes &&
                    routing::Segments(name).size() <= routing::kMaxSegments;
  return fits ? name : std::string();
}

json::object render(const EventCount& count) {
  return {{"run", count.run},
          {"received", count.received},
          {"lost", count.lost},
          {"misplaced", count.misplaced},
          {"elapsed_ns", count.elapsed.count()}};
}

std::optional<EventCount> parse_event_count(core::ByteView text) {
  boost::system::error_code error;
  const json::value parsed = json::parse(core::as_text(text), error);
  const json::object* const report = error ? nullptr : parsed.if_object();
  if (report == nullptr) {
    return std::nullopt;
  }
  EventCount count;
  const json::value* const run = report->if_contains("run");
  if (run == nullptr || !run->is_string()) {
    return std::nullopt;
  }
  count.run = std::string(run->get_string().data(), run->get_string().size());
  const auto number = [&](const char* key) -> std::uint64_t {
    const json::value* const value = report->if_contains(key);
    boost::system::error_code wrong;
    return value == nullptr ? 0 : value->to_number<std::uint64_t>(wrong);
  };
  count.received = number("received");
  count.lost = number("lost");
  count.misplaced = number("misplaced");
  count.elapsed = core::Duration(static_cast<std::int64_t>(number("elapsed_ns") & INT64_MAX));
  return count;
}

}  // namespace runard::admin
