// What the control socket shows of labels and profiles. Control strand only.
#pragma once

#include "admin/control_server.h"
#include "node/private_fields.h"
#include "sealing/codec.h"

namespace runard::node {

// `recipients`: null on a node without a mesh, which has no keys.
boost::json::array label_rows(PrivateFields& fields);
core::Result<boost::json::object> label_readers(PrivateFields& fields,
                                                const sealing::Recipients* recipients,
                                                const std::string& label,
                                                const std::string& network);
// kNotFound for a name that nobody, or more than one, has.
core::Result<core::ProfileId> find_profile(const sealing::Recipients* recipients,
                                           const std::string& name);

// As ControlSources::withheld. `codec`: null on a node without a mesh; outlives what it gives.
admin::WithheldOn withheld_of(sealing::Codec* codec, const rpc::Request& request);

}  // namespace runard::node
