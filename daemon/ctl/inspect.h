// What is in a request, a bundle, a certificate or a CA's folder, for looking at before trusting.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "crypto/certificate.h"
#include "ctl/session.h"
#include "identity/networks.h"

namespace runard::ctl {

// Name, node, serial, networks and times.
boost::json::object describe_certificate(const crypto::Certificate& certificate,
                                         const std::vector<identity::NetworkDescriptor>& networks);

// Prints one of the four; the exit code. A bundle that contradicts itself is shown, with the reason
// under "problem", and gives the exit code of that.
int inspect(Session& session, const std::string& file);

}  // namespace runard::ctl
