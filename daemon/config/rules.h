// Rules: what has to hold between settings, once each fits by itself. They also fill in what
// depends on other keys: the default network, each service's network, mounts in canonical form.
#pragma once

#include <functional>
#include <string>

#include "config/config.h"
#include "config/problem.h"

namespace runard::config {

// `key` is where the problem stands: "plugins.load[0].services[1].path".
using Report = std::function<void(const std::string& key, Complaint complaint)>;

void complete_and_check(Config& config, const Report& report);

// The part of authorization: rules say something, of one kind of subject, in networks that are
// joined; and what plugins may do is in such networks too.
void check_authorization(const Config& config, const Report& report);

// The services' part: mounts are unique, `after` names services and has no cycle.
void check_services(Config& config, const Report& report);

}  // namespace runard::config
