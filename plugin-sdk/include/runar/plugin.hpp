// runar/plugin.hpp: write runard services in C++20. Header-only, standard library only; nothing of
// it leaves the plugin. Start with plugin-sdk/README.md.
//
// Exceptions that leave a handler become error replies; nothing is thrown across the C boundary.
#pragma once

#include <runar/config.hpp>
#include <runar/context.hpp>
#include <runar/detail/entry.hpp>
#include <runar/event.hpp>
#include <runar/lifecycle.hpp>
#include <runar/private.hpp>
#include <runar/request.hpp>
#include <runar/responder.hpp>
#include <runar/service.hpp>
#include <runar/task.hpp>
#include <runar/timer.hpp>
#include <runar/topic_path.hpp>
