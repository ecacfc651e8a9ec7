#include "system/keys_service.h"

#include <algorithm>

#include "wire/cbor.h"

namespace runard::system {
namespace {

using core::Errc;
using core::Executed;

// The numbers of the actions in row(): Request::action.
enum Action : std::uint32_t { kList, kSeal, kOpen, kRotate, kRotateStorage, kNetwork };

void put(wire::CborWriter& out, std::string_view key, std::string_view value) {
  out.text(key);
  out.text(value);
}

void put_number(wire::CborWriter& out, std::string_view key, std::int64_t value) {
  out.text(key);
  out.integer(value);
}

void put_key(wire::CborWriter& out, const keys::KeyInfo& key) {
  out.map(7);
  put(out, "kind", keys::kind_text(key.kind));
  put(out, "id", key.id.text());
  put(out, "name", key.name);
  put_number(out, "version", key.version);
  put(out, "state", keys::state_text(key.state));
  put_number(out, "created_ms", key.created_ms);
  put_number(out, "changed_ms", key.changed_ms);
}

void put_version(wire::CborWriter& out, const keys::NetworkInfo::Version& version) {
  out.map(6);
  put_number(out, "version", version.version);
  put(out, "state", keys::state_text(version.state));
  put_number(out, "activates_ms", static_cast<std::int64_t>(version.activates_ms));
  put_number(out, "retires_ms", static_cast<std::int64_t>(version.retires_ms));
  out.text("held");
  out.boolean(version.held);
  out.text("lacking");
  out.array(version.lacking.size());
  for (const core::NodeId& node : version.lacking) {
    out.text(node.text());
  }
}

core::Bytes bytes_of(const keys::NetworkInfo& info) {
  core::Bytes bytes;
  wire::CborWriter out(bytes);
  out.map(6);
  put(out, "name", info.name);
  put_number(out, "generation", static_cast<std::int64_t>(info.generation));
  put_number(out, "epoch", static_cast<std::int64_t>(info.epoch));
  put_number(out, "members", static_cast<std::int64_t>(info.members));
  out.text("member");
  out.boolean(info.member);
  out.text("versions");
  out.array(info.versions.size());
  for (const keys::NetworkInfo::Version& version : info.versions) {
    put_version(out, version);
  }
  return bytes;
}

core::Error denied(const char* why) {
  return core::fail(Errc::kDenied, why, Executed::kNo);
}

}  // namespace

registry::ServiceRow KeysService::row() const {
  registry::ServiceRow row;
  row.network = network_;
  row.path = "$keys";
  row.type = "keys";
  row.version = "1.0.0";
  row.summary = "The keys of this node, and encryption for what its services store";
  row.state = registry::ServiceState::kRunning;
  row.actions = {
      {"list", "The keys of this network and of profiles that this node holds", "", "",
       rpc::kIdempotent},
      {"storage/seal", "Encrypts bytes for the service that asks", "", "", rpc::kIdempotent},
      {"storage/open", "Decrypts what storage/seal gave to the same service", "", "",
       rpc::kIdempotent},
      {"rotate", "Makes a new agreement key for this node", "", "", 0},
      {"storage/rotate", "Makes a new key for what services store on this node", "", "", 0},
      {"network", "The versions of this network's key, and who is known to lack one", "", "",
       rpc::kIdempotent}};
  return row;
}

rpc::Ticket KeysService::call(const rpc::Request& request, const rpc::Responder& responder) {
  if ((request.flags & rpc::kInbound) != 0 || !request.caller.node.is_zero()) {
    responder(rpc::Reply::failure(denied("a node's keys are for the node itself")));
    return 0;
  }
  if (request.action == kList) {
    const core::Bytes keys = list();
    responder(rpc::Reply::success(rpc::Payload::borrow(keys, rpc::Encoding::kCbor)));
    return 0;
  }
  if (request.action == kRotate || request.action == kRotateStorage) {
    if (request.caller.service.empty()) {
      rotate(responder, request.action == kRotateStorage);
    } else {
      responder(rpc::Reply::failure(denied("only an operator may rotate a node's key")));
    }
    return 0;
  }
  if (request.action == kNetwork) {
    tell_network(responder);
    return 0;
  }
  const auto stored = store(request);
  responder(stored ? rpc::Reply::success(rpc::Payload::borrow(*stored, rpc::Encoding::kRaw))
                   : rpc::Reply::failure(stored.error()));
  return 0;
}

core::Bytes KeysService::list() const {
  const auto all = holder_.keys();
  const auto ours = [&](const keys::KeyInfo& key) {
    return key.kind == keys::EntryKind::kProfile ||
           (key.kind == keys::EntryKind::kNetwork && key.id == keys::KeyId{id_.bytes});
  };
  core::Bytes bytes;
  wire::CborWriter out(bytes);
  out.array(static_cast<std::size_t>(std::ranges::count_if(*all, ours)));
  for (const keys::KeyInfo& key : *all) {
    if (ours(key)) {
      put_key(out, key);
    }
  }
  return bytes;
}

void KeysService::tell_network(const rpc::Responder& responder) {
  control_.post([this, responder] {
    const auto info = holder_.network_info(id_);
    if (!info) {
      responder(rpc::Reply::failure(
          core::fail(Errc::kNotFound, "this network has no keys here", Executed::kNo)));
      return;
    }
    const core::Bytes bytes = bytes_of(*info);
    responder(rpc::Reply::success(rpc::Payload::borrow(bytes, rpc::Encoding::kCbor)));
  });
}

void KeysService::rotate(const rpc::Responder& responder, bool storage) {
  control_.post([this, responder, storage] {
    const auto done = storage ? holder_.rotate_storage_key() : holder_.rotate_agreement_key();
    if (!done) {
      responder(rpc::Reply::failure(done.error()));
      return;
    }
    core::Bytes bytes;
    wire::CborWriter out(bytes);
    out.map(1);
    put_number(out, "version", storage ? holder_.storage_version() : holder_.agreement_version());
    responder(rpc::Reply::success(rpc::Payload::borrow(bytes, rpc::Encoding::kCbor)));
  });
}

// Whose bytes they are follows from who calls, never from what it says.
core::Result<core::Bytes> KeysService::store(const rpc::Request& request) const {
  if (request.caller.service.empty()) {
    return denied("storage is encrypted for services; an operator is none");
  }
  // A service of the same path in another network is another one.
  if (request.caller.network != network_) {
    return denied("storage is encrypted for services of this network");
  }
  const keys::StorageContext context{network_, request.caller.service};
  const core::ByteView bytes = request.payload.bytes;
  return request.action == kSeal ? holder_.storage().seal(context, bytes)
                                 : holder_.storage().open(context, bytes);
}

}  // namespace runard::system
