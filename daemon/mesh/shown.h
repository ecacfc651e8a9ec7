// Shown: what of this node's rows one peer is told, after its rights. A section of which it may see
// all stays the shared one; of another the peer gets a copy of its own, which is kept as long as
// nothing in it changes, so that views stay comparable by pointer.
#pragma once

#include <functional>
#include <map>

#include "mesh/local_rows.h"

namespace runard::mesh {

class Shown {
 public:
  // Takes away what the peer may not see of a service; false: it may see nothing of it.
  using Show = std::function<bool(const core::NetworkId& network, wire::ServiceEntry& service)>;

  View of(View view, const Show& show);
  // The rights have changed: everything is asked again.
  void clear();

 private:
  using SectionPtr = std::shared_ptr<const wire::Section>;
  struct Kept {
    SectionPtr whole;  // null: to be looked at again
    SectionPtr shown;
  };
  std::map<core::NetworkId, Kept> kept_;
};

}  // namespace runard::mesh
