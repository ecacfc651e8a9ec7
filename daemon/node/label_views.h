// What the control socket shows of labels and profiles. Control strand only.
#pragma once

#include "admin/render.h"
#include "node/private_fields.h"
#include "sealing/recipients.h"

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

}  // namespace runard::node
