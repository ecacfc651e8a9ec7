#include "node/label_views.h"

#include <algorithm>

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

json::object network_reader(const sealing::Directory& keys, const std::string& name) {
  const auto id = keys.find_network(name);
  return reader("network", name, id ? id->text() : std::string(),
                id ? version_of(keys.network_key(*id)) : 0);
}

json::object profile_reader(const sealing::Directory& keys, const std::string& name) {
  if (name == sealing::kCaller) {
    return reader("caller", "the profile that asks", "", 1);
  }
  if (name == sealing::kOwner) {
    return reader("owner", "the profile whose data it is", "", 1);
  }
  const auto parsed = core::ProfileId::parse(name);
  const auto id = parsed ? parsed : keys.find_profile(name);
  return reader("profile", parsed ? "" : name, id ? id->text() : std::string(),
                id ? version_of(keys.profile_key(*id)) : 0);
}

}  // namespace

json::array label_rows(PrivateFields& fields) {
  json::array rows;
  for (const auto& [name, label] : fields.labels().all()) {
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
  const sealing::Label* found = fields.labels().find(label);
  if (found == nullptr) {
    return core::fail(Errc::kNotFound, "no label \"" + label + "\" is known here");
  }
  if (recipients == nullptr) {
    return core::fail(
        Errc::kNotFound,
        "label \"" + label + "\": this node is local-only, nothing leaves it and nobody reads it");
  }
  const sealing::Directory& keys = recipients->directory();
  if (!keys.find_network(network)) {
    return core::fail(Errc::kNotFound, "this node is not in network \"" + network + "\"");
  }
  json::array readers;
  if (found->network) {
    readers.push_back(network_reader(keys, network));
  }
  for (const std::string& name : found->networks) {
    readers.push_back(network_reader(keys, name));
  }
  for (const std::string& name : found->profiles) {
    readers.push_back(profile_reader(keys, name));
  }
  return json::object{{"label", label}, {"network", network}, {"readers", std::move(readers)}};
}

core::Result<core::ProfileId> find_profile(const sealing::Recipients* recipients,
                                           const std::string& name) {
  auto id = core::ProfileId::parse(name);
  if (!id && recipients != nullptr) {
    id = recipients->directory().find_profile(name);
  }
  if (!id) {
    return core::fail(Errc::kNotFound, "no profile \"" + name + "\" is known here",
                      core::Executed::kNo);
  }
  return *id;
}

}  // namespace runard::node
