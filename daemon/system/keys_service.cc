#include "system/keys_service.h"

#include <algorithm>

#include "wire/cbor.h"

namespace runard::system {
namespace {

using core::Errc;
using core::Executed;

// The numbers of the actions in row(): Request::action.
enum Action : std::uint32_t { kList, kSeal, kOpen, kRotate };

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
      {"rotate", "Makes a new agreement key for this node", "", "", 0}};
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
  if (request.action == kRotate) {
    if (request.caller.service.empty()) {
      rotate(responder);
    } else {
      responder(rpc::Reply::failure(denied("only an operator may rotate a node's key")));
    }
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

void KeysService::rotate(const rpc::Responder& responder) {
  control_.post([this, responder] {
    if (const auto done = holder_.rotate_agreement_key(); !done) {
      responder(rpc::Reply::failure(done.error()));
      return;
    }
    core::Bytes bytes;
    wire::CborWriter out(bytes);
    out.map(1);
    put_number(out, "version", holder_.agreement_version());
    responder(rpc::Reply::success(rpc::Payload::borrow(bytes, rpc::Encoding::kCbor)));
  });
}

// Whose bytes they are follows from who calls, never from what it says.
core::Result<core::Bytes> KeysService::store(const rpc::Request& request) const {
  if (request.caller.service.empty()) {
    return denied("storage is encrypted for services; an operator is none");
  }
  const keys::StorageContext context{network_, request.caller.service};
  const core::ByteView bytes = request.payload.bytes;
  return request.action == kSeal ? holder_.storage().seal(context, bytes)
                                 : holder_.storage().open(context, bytes);
}

}  // namespace runard::system
