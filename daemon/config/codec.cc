#include "config/codec.h"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

namespace runard::config {
namespace {

namespace json = boost::json;

// Complaints of the parsers cite their input; a value from outside is cited as the file has it.
Complaint as_shown(const Scalar& scalar, Complaint complaint, const std::string& type) {
  if (scalar.is_secret) {
    complaint.what = scalar.shown + " gives no fitting value";
    complaint.instead = "set it to fit: " + type;
  }
  return complaint;
}

Complaint out_of_range(const Scalar& scalar, const std::string& min, const std::string& max) {
  return {scalar.shown + " is out of range", fmt::format("write {} to {}", min, max)};
}

json::array as_array(const std::vector<std::string>& words) {
  json::array out;
  for (const std::string& word : words) {
    out.emplace_back(word);
  }
  return out;
}

}  // namespace

Parsed<std::uint32_t> Number::parse(const Scalar& scalar) const {
  const auto number = parse_number(scalar.text);
  if (!number) {
    return as_shown(scalar, number.error(), type());
  }
  if (*number < min_ || *number > max_) {
    return out_of_range(scalar, text(min_), text(max_));
  }
  return static_cast<std::uint32_t>(*number);
}

std::string Number::type() const {
  return fmt::format("number, {} to {}", min_, max_);
}

json::object Number::schema() const {
  return {{"type", {"integer", "string"}},
          {"minimum", min_},
          {"maximum", max_},
          {"pattern", "^[0-9]+$|\\$\\{"}};
}

Parsed<std::uint64_t> Size::parse(const Scalar& scalar) const {
  const auto bytes = parse_size(scalar.text);
  if (!bytes) {
    return as_shown(scalar, bytes.error(), type());
  }
  if (*bytes < min_ || *bytes > max_) {
    return out_of_range(scalar, text(min_), text(max_));
  }
  return *bytes;
}

json::value Size::json(const std::uint64_t& value) const {
  const std::string shown = text(value);
  return shown == std::to_string(value) ? json::value(value) : json::value(shown);
}

std::string Size::type() const {
  return fmt::format("size, {} to {}", text(min_), text(max_));
}

json::object Size::schema() const {
  return {{"type", {"string", "integer"}},
          {"pattern", "^[0-9]+(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)?$|\\$\\{"}};
}

Parsed<core::Duration> Time::parse(const Scalar& scalar) const {
  const auto duration = parse_duration(scalar.text);
  if (!duration) {
    return as_shown(scalar, duration.error(), type());
  }
  if (*duration < min_ || *duration > max_) {
    return out_of_range(scalar, text(min_), text(max_));
  }
  return *duration;
}

std::string Time::type() const {
  return fmt::format("duration, {} to {}", text(min_), text(max_));
}

json::object Time::schema() const {
  return {{"type", "string"}, {"pattern", "^[0-9]+(ns|us|ms|s|m|h|d)$|\\$\\{"}};
}

Parsed<std::string> Text::parse(const Scalar& scalar) const {
  if (auto complaint = rule_.check(scalar.text)) {
    return as_shown(scalar, std::move(*complaint), type());
  }
  return scalar.text;
}

json::object Text::schema() const {
  return {{"type", "string"}};
}

Parsed<HostPort> Address::parse(const Scalar& scalar) const {
  auto address = parse_address(scalar.text, use_);
  if (!address) {
    return as_shown(scalar, address.error(), type());
  }
  return address;
}

std::string Address::type() const {
  switch (use_) {
    case AddressUse::kListen:
    case AddressUse::kAdvertise:
      return "IP address and port";
    case AddressUse::kDial:
      return "IP address or name, and port";
    case AddressUse::kMulticast:
      return "multicast address and port";
  }
  return {};
}

json::object Address::schema() const {
  return {{"type", "string"}, {"pattern", ":[0-9]+$|\\$\\{"}};
}

Parsed<bool> Flag::parse(const Scalar& scalar) const {
  if (scalar.text == "true" || scalar.text == "false") {
    return scalar.text == "true";
  }
  return Complaint{scalar.shown + " is neither true nor false", "write true or false"};
}

json::object Flag::schema() const {
  return {{"type", "boolean"}};
}

std::string Words::type() const {
  std::string out;
  for (const auto* words : {&now, &later}) {
    for (const std::string& word : *words) {
      out += (out.empty() ? "" : " | ") + word;
    }
  }
  return out;
}

json::object Words::schema() const {
  return {{"enum", as_array(now)}};
}

Complaint Words::unknown(const Scalar& scalar) const {
  const auto meant = scalar.is_secret ? std::nullopt : nearest(scalar.text, now);
  return {scalar.shown + " is no choice here",
          meant ? fmt::format("did you mean {}? The choices are {}", *meant, any_of(now))
                : "write " + any_of(now)};
}

Complaint Words::too_early(const Scalar& scalar) const {
  return {scalar.shown + " is not in this version", "write " + any_of(now),
          core::Errc::kNotInThisVersion};
}

}  // namespace runard::config
