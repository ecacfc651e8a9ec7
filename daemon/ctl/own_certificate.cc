#include "ctl/own_certificate.h"

#include <boost/json.hpp>

#include "enroll/proof.h"
#include "identity/name.h"
#include "identity/profile.h"
#include "identity/time_text.h"
#include "keys/node_keys.h"
#include "keys/node_request.h"

namespace runard::ctl {

namespace json = boost::json;

core::Result<OwnRequest> own_request(const keys::Keystore& store, const std::string& state,
                                     const std::string& wished) {
  const auto key = keys::identity_key(store);
  if (!key) {
    return key.error();
  }
  if (auto ok = wished.empty() ? core::Result<void>() : identity::check_name(wished, "node"); !ok) {
    return ok.error();
  }
  const core::NodeId node = identity::node_id_of(key->public_key());
  auto name =
      wished.empty() ? identity::IdentityFolder(state).name() : core::Result<std::string>(wished);
  if (!name) {
    return name.error();
  }
  if (name->empty()) {
    *name = node.text();
  }
  auto text = keys::make_request(*key, *name, store.entries());
  if (!text) {
    return text.error();
  }
  return OwnRequest{node, std::move(*name), enroll::key_words(key->public_key().spki()),
                    std::move(*text)};
}

int tell_installed(Session& session, const identity::CheckedBundle& installed,
                   const std::string& state) {
  json::array networks;
  for (const identity::NetworkDescriptor& network : installed.networks) {
    networks.emplace_back(network.name);
  }
  session.print("node_identity", {{"node", installed.identity.id.text()},
                                  {"name", installed.identity.name},
                                  {"networks", networks},
                                  {"not_after", identity::time_text(installed.identity.not_after)},
                                  {"state", state}});
  session.say("Start runard; one that runs takes it with: runarctl config reload");
  return kExitOk;
}

}  // namespace runard::ctl
