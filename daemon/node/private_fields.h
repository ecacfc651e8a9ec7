// PrivateFields: what this node knows of private fields without any key: its labels and the types
// that its plugins declared. The keys are the mesh's (mesh_keys.h).
//
// Labels: those of encryption.labels, and kDefaults below for the names that stand there not.
#pragma once

#include "config/config.h"
#include "plugin_host/ports.h"
#include "sealing/label_map.h"
#include "sealing/type_table.h"

namespace runard::node {

// user, system, system_only and search as DESIGN has them, then what the YAML says.
sealing::LabelMap label_map(const config::Encryption& encryption, std::uint64_t generation);

class PrivateFields final : public plugin_host::Types {
 public:
  explicit PrivateFields(const config::Encryption& encryption)
      : labels_(label_map(encryption, 1)) {}

  core::Result<void> declare(std::uint64_t id, std::string_view name,
                             std::string_view schema) override {
    return types_.declare(id, name, schema, labels_);
  }

  // The id of a type of that schema, for values that came without one.
  core::Result<std::uint64_t> type_of(const std::string& schema);

  const sealing::LabelMap& labels() const { return labels_; }
  sealing::TypeTable& types() { return types_; }

 private:
  const sealing::LabelMap labels_;
  sealing::TypeTable types_;
};

}  // namespace runard::node
