#include "ctl/ca_networks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace runard::ctl {

using core::Errc;
using core::fail;
using identity::Authority;

core::Result<std::unique_ptr<CaNetworks>> open_networks(Session& session, const std::string& folder,
                                                        const CaPassphrase& passphrase) {
  auto ca = open_authority(session, folder, passphrase);
  return ca ? open_networks(session, std::move(*ca), passphrase) : ca.error();
}

core::Result<std::unique_ptr<CaNetworks>> open_networks(Session& session, identity::Authority ca,
                                                        const CaPassphrase& passphrase) {
  const identity::Host host{session.disk, session.clock, session.random};
  static const crypto::SecretBytes kNone;
  return keys::CaFolder::open(host, std::move(ca), passphrase ? *passphrase : kNone);
}

void tell_lapsed(Session& session, const CaNetworks& ca) {
  const auto& names = ca.networks.lapsed();
  if (!names.empty()) {
    session.say(
        fmt::format("Left out, since the CA has not heard of a newer agreement key for a "
                    "year: {}. Sign a new request of each ('node csr'), then 'network "
                    "rewrap'.",
                    fmt::join(names, ", ")));
  }
}

core::Result<core::NodeId> node_of_ca(const std::string& folder, const std::string& node) {
  if (const auto id = core::NodeId::parse(node)) {
    return *id;
  }
  const auto issued = Authority::issued_in(folder).read();
  if (!issued) {
    return issued.error();
  }
  const auto last = std::find_if(issued->rbegin(), issued->rend(),
                                 [&](const auto& record) { return record.name == node; });
  return last == issued->rend()
             ? core::Result<core::NodeId>(
                   fail(Errc::kNotFound, fmt::format("this CA has signed no node \"{}\"", node)))
             : last->node;
}

core::Result<core::NetworkId> network_of_ca(const std::string& folder, const std::string& name) {
  const auto networks = Authority::networks_in(folder);
  if (!networks) {
    return networks.error();
  }
  const auto at = std::ranges::find(*networks, name, &identity::NetworkDescriptor::name);
  return at == networks->end()
             ? core::Result<core::NetworkId>(
                   fail(Errc::kNotFound, fmt::format("no network \"{}\" in this mesh", name)))
             : at->id;
}

}  // namespace runard::ctl
