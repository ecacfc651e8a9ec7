// LocalRows: what this node tells of itself, split by network, so that a peer's view is a matter of
// choosing sections. A section that did not change keeps its pointer: comparing views is cheap.
#pragma once

#include <map>
#include <memory>

#include "mesh/network_names.h"
#include "registry/rows.h"
#include "wire/sync.h"

namespace runard::mesh {

// The part that every peer sees.
struct Face {
  std::string name;
  std::vector<wire::Address> addresses;
  friend bool operator==(const Face&, const Face&) = default;
};

// What one peer may see. Immutable and shared.
struct View {
  std::shared_ptr<const Face> face;
  std::vector<std::shared_ptr<const wire::Section>> sections;  // by ascending network id
  friend bool operator==(const View&, const View&) = default;  // by pointer
};

class LocalRows {
 public:
  LocalRows();
  // True when anything that a peer may see has changed; then version() has grown.
  bool set(const registry::NodeRows& rows, const NetworkNames& names);
  std::uint64_t version() const { return version_; }
  // What peers may see has changed, though the rows have not.
  void touch() { ++version_; }
  // The sections of these networks, as far as this node has joined them.
  View view(const std::vector<core::NetworkId>& networks) const;

 private:
  std::uint64_t version_ = 1;
  std::shared_ptr<const Face> face_;
  std::map<core::NetworkId, std::shared_ptr<const wire::Section>> sections_;
};

// All of a view, or what turns `from` into `to`.
wire::Update snapshot_of(const View& view);
wire::Update delta_of(const View& from, const View& to);

}  // namespace runard::mesh
