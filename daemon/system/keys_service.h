// KeysService: the "$keys" of one network, as an ordinary handler of this node. For this node only:
// what comes from another one is denied.
//
//   $keys/list           -> [{kind, id, name, version, state, created_ms, changed_ms}...]: the keys
//                           that this node holds for the network and for profiles; no secrets
//   $keys/storage/seal   bytes -> bytes: encrypted for the service that asks, to store itself; only
//                           services of this network are served
//   $keys/storage/open   bytes -> bytes: what seal gave to the same service on this node
//   $keys/rotate         -> {version}: a new agreement key for this node; operators only
//   $keys/network        -> {name, generation, epoch, members, member, versions: [{version, state,
//                           activates_ms, retires_ms, held, lacking: [node...]}...]}
//   $keys/storage/rotate -> {version}: a new key for what services store; operators only
//
// Any thread. All but network and those that change the keystore answer before call() returns.
#pragma once

#include <string>

#include "core/executor.h"
#include "core/ids.h"
#include "keys/key_holder.h"
#include "registry/registry.h"
#include "rpc/handler.h"

namespace runard::system {

class KeysService final : public rpc::Handler {
 public:
  // `holder` outlives it; of it only what any thread may use is asked.
  // `control` is the strand of the holder.
  KeysService(std::string network, const core::NetworkId& id, keys::KeyHolder& holder,
              core::Executor& control)
      : network_(std::move(network)), id_(id), holder_(holder), control_(control) {}

  // To be put into the registry once, for this network.
  registry::ServiceRow row() const;

  rpc::Ticket call(const rpc::Request& request, const rpc::Responder& responder) override;
  void cancel(rpc::Ticket /*ticket*/) override {}

 private:
  core::Bytes list() const;
  core::Result<core::Bytes> store(const rpc::Request& request) const;
  void tell_network(const rpc::Responder& responder);
  void rotate(const rpc::Responder& responder, bool storage);

  const std::string network_;
  const core::NetworkId id_;
  keys::KeyHolder& holder_;
  core::Executor& control_;
};

}  // namespace runard::system
