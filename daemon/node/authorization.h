// What the control socket tells of authorization: `auth can-i` and the status. Control strand only.
#pragma once

#include "admin/control_server.h"
#include "config/config.h"
#include "core/result.h"
#include "policy/gate.h"
#include "registry/registry.h"

namespace runard::node {

// params: {action, path, network?, node?, groups?, node_labels?}. node is an id or a name of a node
// that is linked, or this one's; without it the question is about a member that has just these
// groups and node labels, and without those about this node. Result: {allowed, rule, action,
// network, path, node, groups, node_labels}. Errors: kInvalidArgument, kBadTopic, kNotFound for a
// node that is not linked.
core::Result<boost::json::object> can_i(const policy::Gate& gate,
                                        const registry::Registry& registry,
                                        const boost::json::object& params);

boost::json::object authorization_status(const policy::Stats& stats, const config::Config& config);

}  // namespace runard::node
