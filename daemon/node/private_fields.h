// PrivateFields: what this node knows of private fields without any key: its labels and the types
// that its plugins declared. The keys are the mesh's (mesh_keys.h).
//
// Labels: those of encryption.labels, and DESIGN's for the names that stand there not. Threads:
// any, but for set_labels(): the control strand.
#pragma once

#include "config/config.h"
#include "plugin_host/ports.h"
#include "routing/snapshot.h"
#include "sealing/label_map.h"
#include "sealing/type_table.h"

namespace runard::node {

// user, system, system_only and search as DESIGN has them, then what the YAML says.
sealing::LabelMap label_map(const config::Encryption& encryption, std::uint64_t generation);

class PrivateFields final : public plugin_host::Types {
 public:
  using Labels = std::shared_ptr<const sealing::LabelMap>;
  explicit PrivateFields(const config::Encryption& encryption)
      : labels_(std::make_shared<const sealing::LabelMap>(label_map(encryption, 1))) {}

  core::Result<void> declare(std::uint64_t id, std::string_view name,
                             std::string_view schema) override {
    return types_.declare(id, name, schema, *labels());
  }

  // The id of a type of that schema, for values that came without one.
  core::Result<std::uint64_t> type_of(const std::string& schema);

  Labels labels() const { return labels_.keep(); }
  // What a reload would make of the labels. kConfigInvalid when a declared type has one that would
  // be gone: its fields would be nobody's.
  core::Result<Labels> next_labels(const config::Encryption& encryption) const;
  void set_labels(Labels labels) { labels_.publish(std::move(labels)); }
  sealing::TypeTable& types() { return types_; }

 private:
  routing::Snapshot<sealing::LabelMap> labels_;
  sealing::TypeTable types_;
};

}  // namespace runard::node
