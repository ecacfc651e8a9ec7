// What is said of a network's key that is in use for long: nobody may be there to replace it, since
// only an issuer does so by itself.
#pragma once

#include <boost/json/array.hpp>
#include <string>

#include "core/clock.h"

namespace runard::ctl {

// A day more than the age at which issuers replace a key unless they are told otherwise.
inline constexpr std::chrono::hours kLongInUse{31 * 24};

// A line for people, or nothing. `versions` as the daemon shows them: each with "state" and
// "activates_ms", the newest last. One that waits for its time is a new key already.
std::string age_advice(const boost::json::array& versions, const std::string& network,
                       core::WallTime now);

}  // namespace runard::ctl
