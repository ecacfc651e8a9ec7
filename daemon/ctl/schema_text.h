// A JSON Schema in one line, for people: "{name: string, age?: integer, tags: [string]}". A member
// with '?' may be left out.
#pragma once

#include <string>
#include <string_view>

namespace runard::ctl {

// "" when it is no JSON, or says nothing.
std::string schema_text(std::string_view schema);

}  // namespace runard::ctl
