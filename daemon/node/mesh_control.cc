// What an operator says to another node from here: pause and resume services there. Whether this
// node may, that node's rules decide (admin).
#include "admin/params.h"
#include "node/mesh_node.h"
#include "routing/escape.h"

namespace runard::node {
namespace json = boost::json;
using core::Errc;

namespace {

constexpr core::Duration kControlPatience = std::chrono::seconds(5);

}  // namespace

void MeshNode::take_control() {
  local_.on_control(
      [this](std::string_view method, const json::object& params, admin::ControlAnswer& answer) {
        if (method != "service.control") {
          return false;
        }
        control_service(params, std::move(answer));
        return true;
      });
}

void MeshNode::control_service(const json::object& params, admin::ControlAnswer answer) {
  const auto node = admin::node_of(params, "node", local_.registry());
  if (!node) {
    return answer(node.error());
  }
  const std::string verb = admin::text_of(params, "verb");
  const std::string service = admin::text_of(params, "service");
  std::string network = admin::text_of(params, "network");
  if (node->is_zero() || *node == identity_.id || service.empty() ||
      (verb != "pause" && verb != "resume")) {
    return answer(core::fail(Errc::kInvalidArgument, "another node, its service, pause or resume"));
  }
  if (network.empty()) {
    network = local_.registry().networks().front();
  }
  const std::string path =
      "$registry/services/" + routing::percent_encode_segment(service) + "/" + verb;
  log_.info("asks another node", {core::field("audit", "admin"), core::field("node", node->text()),
                                  core::field("network", network), core::field("path", path)});
  peer_client_.ask(peers_.handler(*node), {*node, network, path, {}, kControlPatience},
                   [answer = std::move(answer)](const core::Result<core::Bytes>& done) mutable {
                     answer(done ? core::Result<json::object>(json::object()) : done.error());
                   });
}

}  // namespace runard::node
