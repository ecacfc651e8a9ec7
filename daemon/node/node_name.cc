#include "node/node_name.h"

#include <unistd.h>

#include "identity/identity_folder.h"

namespace runard::node {
namespace {

std::string machine_name() {
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  return host;
}

// Nothing is proven of it here: a bundle that is wrong ends the start soon after.
std::string certified_name(const config::Config& config) {
  const auto bundle = identity::IdentityFolder(config.node.state_dir).bundle();
  return bundle ? bundle->certificate.common_name() : std::string();
}

}  // namespace

std::string node_name(const config::Config& config) {
  if (!config.node.name.empty()) {
    return config.node.name;
  }
  const std::string certified = config.local_only() ? std::string() : certified_name(config);
  return certified.empty() ? machine_name() : certified;
}

}  // namespace runard::node
