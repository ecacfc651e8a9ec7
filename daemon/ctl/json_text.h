// JSON as text for people and scripts: numbers as they are written by hand, 3.5 and not 3.5E0.
#pragma once

#include <boost/json/value.hpp>
#include <string>

namespace runard::ctl {

// One line. A number that JSON has no word for is null.
std::string json_text(const boost::json::value& value);

}  // namespace runard::ctl
