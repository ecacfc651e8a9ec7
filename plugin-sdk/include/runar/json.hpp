// runar/json.hpp: JSON for configuration and tools: a value type, a strict parser, a writer.
// Standard library only.
#pragma once

#include <runar/json/parse.hpp>
#include <runar/json/value.hpp>
#include <runar/json/write.hpp>
