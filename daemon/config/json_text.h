// JSON values as text.
#pragma once

#include <boost/json/value.hpp>
#include <string>

namespace runard::config {

// No white space. Keys in the order of the objects, numbers in their shortest form.
std::string compact_json(const boost::json::value& value);
// For people: two spaces a level, a line end at the end.
std::string pretty_json(const boost::json::value& value);

}  // namespace runard::config
