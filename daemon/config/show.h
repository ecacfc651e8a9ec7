// Show: a Config as text, for `runarctl config show`. Every key stands there, defaults included;
// secrets are cut. Without secrets the YAML loads again as the same Config.
#pragma once

#include <cstdint>
#include <string>

#include "config/config.h"

namespace runard::config {

enum class ShowAs : std::uint8_t { kYaml, kJson };

std::string show(const Config& config, ShowAs form);

}  // namespace runard::config
