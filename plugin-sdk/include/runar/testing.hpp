// runar/testing.hpp: test your plugin without a daemon; see runar/testing/host.hpp.
// For test programs only: needs no test framework, works with any.
#pragma once

#include <runar/testing/host.hpp>
