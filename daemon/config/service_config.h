// A service's own settings: YAML of any shape to canonical JSON.
//
// Values get the types of YAML 1.2's core schema: null, true and false, whole numbers (decimal, 0o,
// 0x), numbers; what is in quotes is a string. JSON has no NaN and no infinity, and numbers beyond
// 64 bits would lose digits: both are refused. Canonical: keys sorted by their bytes, no white
// space, the shortest text that reads back as the same number.
#pragma once

#include <functional>
#include <string>

#include "config/config.h"
#include "config/scalar.h"

namespace runard::config {

// `at` is the place below the settings: ".pool.size", "[2]".
using ReportConfig = std::function<void(const std::string& at, Mark mark, Complaint complaint)>;

// tree is a mapping. What is reported is left out.
ServiceConfig to_service_config(const Tree& tree, Substitution& substitution,
                                const ReportConfig& report);

}  // namespace runard::config
