#include "vectors/envelope/vector_case.h"

#include <algorithm>

#include "crypto/digest.h"
#include "envelope/signature.h"
#include "support/hex.h"

namespace runard::vectors {
namespace {

using Json = nlohmann::json;
using namespace runard::envelope;

core::Bytes bytes_of(const Json& hex) {
  return test::from_hex(hex.get<std::string>());
}

template <class Id>
std::optional<Id> id_of(const Json& hex) {
  return hex.is_null() ? std::nullopt : Id::from(bytes_of(hex));
}

Json hex_of(core::ByteView bytes) {
  return crypto::hex(bytes);
}
template <class Id>
Json hex_of(const std::optional<Id>& id) {
  return id ? hex_of(id->bytes) : Json();
}

Fields fields_of(const Json& json) {
  Fields fields;
  for (const auto& [path, value] : json.items()) {
    fields[path] = bytes_of(value);
  }
  return fields;
}

Json json_of(const Fields& fields) {
  Json json = Json::object();
  for (const auto& [path, value] : fields) {
    json[path] = hex_of(value);
  }
  return json;
}

Fields fields_of(const std::vector<Field>& opened) {
  Fields fields;
  for (const Field& field : opened) {
    fields[std::string(field.path)] = {field.value.begin(), field.value.end()};
  }
  return fields;
}

std::string reason_of(core::Errc code) {
  std::string reason(core::info(code).name.substr(std::string_view("ENVELOPE_").size()));
  std::ranges::transform(reason, reason.begin(),
                         [](char c) { return static_cast<char>(c | 0x20); });
  return "reject:" + reason;
}

SuiteSet suite_set(const std::vector<int>& ids) {
  SuiteSet set{};
  for (const int id : ids) {
    set.add(static_cast<Suite>(id));
  }
  return set;
}

std::string verdict_of(const Opened& opened, const Fields& clear,
                       const std::vector<Fields>& groups) {
  bool altered = fields_of(opened.clear) != clear || opened.groups.size() != groups.size();
  bool redacted = false;
  for (std::size_t i = 0; i < opened.groups.size() && !altered; ++i) {
    const auto& fields = opened.groups[i].fields;
    redacted = redacted || !fields;
    altered = fields && fields_of(*fields) != groups[i];
  }
  return altered ? "altered" : redacted ? "redacted" : "ok";
}

}  // namespace

VectorCase VectorCase::from_json(const Json& json) {
  VectorCase made;
  made.name = json["name"];
  made.kem = json["kem"] == "p256" ? crypto::Kem::kP256 : crypto::Kem::kX25519;
  for (const Json& key : json["keys"]) {
    const KeyAddress address{static_cast<KeyKind>(key["kind"].get<int>()), *id_of<KeyId>(key["id"]),
                             key["version"]};
    made.keys[address] = std::make_shared<crypto::AgreementPrivateKey>(
        *crypto::AgreementPrivateKey::from_raw(made.kem, bytes_of(key["private"])));
  }
  for (const Json& signer : json["signers"]) {
    made.signers.emplace_back(*id_of<core::NodeId>(signer["node"]),
                              std::make_shared<crypto::PublicKey>(
                                  *crypto::PublicKey::from_spki(bytes_of(signer["spki"]))));
  }
  made.suites = json["suites"].get<std::vector<int>>();
  const Json& expected = json["expected"];
  if (!expected["type"].is_null()) {
    made.type = expected["type"];
  }
  made.network = id_of<core::NetworkId>(expected["network"]);
  made.peer = id_of<core::NodeId>(expected["peer"]);
  made.kind = static_cast<Kind>(expected["kind"].get<int>());
  made.path = expected["path"];
  made.correlation = bytes_of(expected["correlation"]);
  made.clear = fields_of(json["sealed"]["clear"]);
  for (const Json& group : json["sealed"]["groups"]) {
    made.groups.push_back(fields_of(group));
  }
  made.bytes = bytes_of(json["envelope"]);
  return made;
}

Json VectorCase::to_json(const std::vector<int>& masks) const {
  Json json = {{"name", name},
               {"kem", kem == crypto::Kem::kP256 ? "p256" : "x25519"},
               {"keys", Json::array()},
               {"signers", Json::array()},
               {"suites", suites},
               {"envelope", hex_of(bytes)},
               {"result", verdict(bytes)},
               {"changes", Json::array()}};
  for (const auto& [address, key] : keys) {
    json["keys"].push_back({{"kind", static_cast<int>(address.kind)},
                            {"id", hex_of(address.id.bytes)},
                            {"version", address.version},
                            {"private", hex_of(key->raw()->view())}});
  }
  for (const auto& [node, key] : signers) {
    json["signers"].push_back({{"node", hex_of(node.bytes)}, {"spki", hex_of(key->spki())}});
  }
  json["expected"] = {{"type", type ? Json(*type) : Json()},
                      {"network", hex_of(network)},
                      {"peer", hex_of(peer)},
                      {"kind", static_cast<int>(kind)},
                      {"path", path},
                      {"correlation", hex_of(correlation)}};
  json["sealed"] = {{"clear", json_of(clear)}, {"groups", Json::array()}};
  for (const Fields& fields : groups) {
    json["sealed"]["groups"].push_back(json_of(fields));
  }
  for (const int mask : masks) {
    Json results = Json::array();
    for (const Run& run : verdicts_of_changes(mask)) {
      results.push_back({run.verdict, run.count});
    }
    json["changes"].push_back({{"mask", mask}, {"results", results}});
  }
  return json;
}

std::string VectorCase::verdict(core::ByteView given) const {
  KekCache cache;
  Opener opener(*this, cache, suite_set(suites));
  Expected expected{network, {kind, path, correlation}, std::nullopt, peer};
  if (type) {
    expected.type = *type;
  }
  const auto outcome = opener.open(given, expected);
  if (!outcome) {
    return reason_of(outcome.error().code);
  }
  const auto* const opened = std::get_if<Opened>(&*outcome);
  return opened == nullptr ? "kek-unknown" : verdict_of(*opened, clear, groups);
}

std::vector<Run> VectorCase::verdicts_of_changes(int mask) const {
  std::vector<Run> runs;
  core::Bytes changed = bytes;
  for (std::size_t at = 0; at < changed.size(); ++at) {
    changed[at] = bytes[at] ^ static_cast<std::uint8_t>(mask);
    const std::string found = verdict(changed);
    changed[at] = bytes[at];
    if (runs.empty() || runs.back().verdict != found) {
      runs.push_back({found, 0});
    }
    ++runs.back().count;
  }
  return runs;
}

std::shared_ptr<const crypto::AgreementPrivateKey> VectorCase::find(
    const KeyAddress& address) const {
  const auto found = keys.find(address);
  return found == keys.end() ? nullptr : found->second;
}

std::shared_ptr<const crypto::PublicKey> VectorCase::signer(const core::NodeId& node,
                                                            const KeyId& id) const {
  for (const auto& [owner, key] : signers) {
    if (owner == node && signer_id(*key) == id) {
      return key;
    }
  }
  return nullptr;
}

}  // namespace runard::vectors
