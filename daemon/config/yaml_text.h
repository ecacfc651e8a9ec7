// A JSON value as YAML text: block style, short lists of scalars in one line.
#pragma once

#include <boost/json/value.hpp>
#include <string>

namespace runard::config {

// value is an object.
std::string yaml_text(const boost::json::value& value);

}  // namespace runard::config
