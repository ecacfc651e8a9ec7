#include "node/label_views.h"

#include <algorithm>

#include "calls/kept_request.h"

namespace runard::node {
namespace json = boost::json;
using core::Errc;

namespace {

json::array types_with(PrivateFields& fields, const std::string& label) {
  json::array names;
  for (const auto& type : fields.types().all()) {
    const bool uses = std::any_of(type->label_sets.begin(), type->label_sets.end(),
                                  [&](const sealing::LabelSet& set) {
                                    return std::find(set.begin(), set.end(), label) != set.end();
                                  });
    if (uses) {
      names.emplace_back(type->name);
    }
  }
  return names;
}

json::object reader(std::string_view kind, std::string_view name, const std::string& id,
                    std::uint32_t version) {
  return {{"kind", json::string(kind.data(), kind.size())},
          {"name", json::string(name.data(), name.size())},
          {"id", id},
          {"version", version}};
}

std::uint32_t version_of(const std::optional<envelope::Recipient>& key) {
  return key ? key->address.version : 0;
}

// Who may read a label, by encryption.labels and the rules of authorization.
class Readers {
 public:
  Readers(const sealing::Recipients& recipients, const std::string& label)
      : keys_(recipients.directory()), gate_(recipients.gate()), label_(label) {}

  void add_network(const std::string& name);
  void add_profile(const std::string& name);
  void add_named();
  json::array take() { return std::move(rows_); }

 private:
  bool may_receive(const policy::Recipient& recipient) const {
    return gate_ == nullptr || gate_->policy()->may_receive(label_, recipient);
  }
  void add(std::string_view kind, std::string_view name, const std::string& id,
           std::uint32_t version) {
    rows_.push_back(reader(kind, name, id, version));
  }

  const sealing::Directory& keys_;
  const policy::Gate* const gate_;
  const std::string& label_;
  json::array rows_;
};

void Readers::add_network(const std::string& name) {
  using Kind = policy::Recipient::Kind;
  if (may_receive({.kind = Kind::kNetwork, .network = name})) {
    const auto id = keys_.find_network(name);
    add("network", name, id ? id->text() : std::string(),
        id ? version_of(keys_.network_key(*id)) : 0);
    return;
  }
  for (const policy::Subject& member : gate_->members(name)) {
    if (may_receive({.kind = Kind::kNode, .node = member.node, .groups = member.groups})) {
      add("node", "", member.node.text(), version_of(keys_.node_key(member.node)));
    }
  }
}

void Readers::add_profile(const std::string& name) {
  policy::Recipient recipient{.kind = policy::Recipient::Kind::kProfile};
  if (name == sealing::kCaller || name == sealing::kOwner) {
    recipient.caller = true;
    if (may_receive(recipient)) {
      add(name, name == sealing::kCaller ? "the profile that asks" : "the profile whose data it is",
          "", 1);
    }
    return;
  }
  const auto id = core::ProfileId::parse(name);
  recipient.profile = id.value_or(core::ProfileId{});
  if (id && may_receive(recipient)) {
    add("profile", "", id->text(), version_of(keys_.profile_key(*id)));
  }
}

// A message may add these to its readers, though encryption.labels says nothing of them.
void Readers::add_named() {
  if (gate_ == nullptr) {
    return;
  }
  const auto policy = gate_->policy();
  const auto& releases = policy->releases();
  const auto rule = std::find_if(releases.begin(), releases.end(),
                                 [&](const auto& release) { return release.label == label_; });
  if (rule == releases.end()) {
    return;
  }
  for (const core::ProfileId& profile : rule->profiles) {
    const std::string id = profile.text();
    const bool always = std::any_of(rows_.begin(), rows_.end(), [&](const json::value& row) {
      return row.at("id").as_string() == id;
    });
    if (!always) {
      add("named", "where a message names it", id, version_of(keys_.profile_key(profile)));
    }
  }
}

}  // namespace

json::array label_rows(PrivateFields& fields) {
  json::array rows;
  const auto labels = fields.labels();
  for (const auto& [name, label] : labels->all()) {
    rows.push_back({{"label", name},
                    {"network", label.network},
                    {"networks", json::value_from(label.networks)},
                    {"profiles", json::value_from(label.profiles)},
                    {"types", types_with(fields, name)}});
  }
  return rows;
}

core::Result<json::object> label_readers(PrivateFields& fields,
                                         const sealing::Recipients* recipients,
                                         const std::string& label, const std::string& network) {
  const auto labels = fields.labels();
  const sealing::Label* found = labels->find(label);
  if (found == nullptr) {
    return core::fail(Errc::kNotFound, "no label \"" + label + "\" is known here");
  }
  if (recipients == nullptr) {
    return core::fail(
        Errc::kNotFound,
        "label \"" + label + "\": this node is local-only, nothing leaves it and nobody reads it");
  }
  if (!recipients->directory().find_network(network)) {
    return core::fail(Errc::kNotFound, "this node is not in network \"" + network + "\"");
  }
  Readers readers(*recipients, label);
  if (found->network) {
    readers.add_network(network);
  }
  for (const std::string& name : found->networks) {
    readers.add_network(name);
  }
  for (const std::string& name : found->profiles) {
    readers.add_profile(name);
  }
  readers.add_named();
  return json::object{{"label", label}, {"network", network}, {"readers", readers.take()}};
}

core::Result<core::ProfileId> find_profile(const sealing::Recipients* recipients,
                                           const std::string& name) {
  auto id = core::ProfileId::parse(name);
  if (!id && recipients != nullptr) {
    id = recipients->directory().find_profile(name);
  }
  if (!id) {
    return core::fail(Errc::kNotFound,
                      "no profile \"" + name + "\", or more than one, is known here",
                      core::Executed::kNo);
  }
  return *id;
}

admin::WithheldOn withheld_of(sealing::Codec* codec, const rpc::Request& request) {
  if (codec == nullptr || request.payload.type == 0 || !codec->is_private(request.payload.type)) {
    return nullptr;
  }
  calls::KeptRequest kept;
  kept.keep(request);
  return [codec, kept = std::move(kept)](const core::NodeId& node) {
    const rpc::Request asked = kept.view();
    const core::ProfileId& profile = asked.caller.profile;  // sent as the link's handler sends it
    const bool may_ask = !profile.is_zero() && codec->acts_for({}, profile);
    json::array fields;
    for (const sealing::Withheld& one :
         codec->withheld({rpc::PayloadPlace::Kind::kRequest, asked.network, asked.path, asked.trace,
                          node, may_ask ? profile : core::ProfileId{}, true, asked.recipients},
                         asked.payload)) {
      fields.push_back({{"field", one.field}, {"labels", json::value_from(one.labels)}});
    }
    return fields;
  };
}

}  // namespace runard::node
