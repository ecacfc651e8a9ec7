// What this node is called, before it has opened anything.
#pragma once

#include <string>

#include "config/config.h"

namespace runard::node {

// node.name; else, in a mesh, the name in the certificate that is installed, by which its peers
// call it; else the machine's.
std::string node_name(const config::Config& config);

}  // namespace runard::node
