// Statements: what Mesh asks of whoever keeps the statements of the mesh's CA. For the mesh they
// are bytes with a key and a generation; node/ implements it over identity::StatementStore.
//
// Control strand, from inside a Mesh call. An implementation may call Mesh::statements_changed()
// from there, nothing else.
#pragma once

#include <optional>
#include <vector>

#include "core/bytes.h"
#include "core/ids.h"
#include "wire/statements.h"

namespace runard::mesh {

class Statements {
 public:
  enum class Taken : std::uint8_t {
    kNews,     // in force from now on
    kOld,      // known or older
    kNothing,  // not now, or there is no room: nobody's fault
    kRefused,  // not proven, or malformed: no honest node hands it over
  };

  // Of all that a peer may be told which is a member of these networks, by ascending key: the trust
  // bundle comes first.
  virtual std::vector<wire::StatementHead> heads(
      const std::vector<core::NetworkId>& networks) const = 0;
  // None: not held.
  virtual std::optional<std::uint64_t> generation(const wire::StatementKey& key) const = 0;
  // Whether this node has any use for it. Never for another network's.
  virtual bool wanted(const wire::StatementKey& key,
                      const std::vector<core::NetworkId>& networks) const = 0;
  // Null: not held. Valid during the call.
  virtual const core::Bytes* bytes(const wire::StatementKey& key) const = 0;
  // `from` is who handed it over, for limits and logs; it says nothing about who made it.
  virtual Taken offer(core::ByteView bytes, const core::NodeId& from) = 0;

 protected:
  ~Statements() = default;
};

}  // namespace runard::mesh
