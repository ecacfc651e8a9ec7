#include "system/registry_events.h"

#include "routing/escape.h"
#include "wire/cbor.h"

namespace runard::system {
namespace {
using namespace std::chrono_literals;

core::Duration retention(std::string_view state) {
  return state == "running" ? 120s : state == "stopped" ? 3s : 10s;
}

}  // namespace

void RegistryEvents::service_state(std::string_view network, std::string_view path,
                                   std::string_view state, const core::NodeId& node) {
  core::Bytes payload;
  wire::CborWriter out(payload);
  out.map(4);
  out.text("network");
  out.text(network);
  out.text("service_path");
  out.text(path);
  out.text("state");
  out.text(state);
  out.text("node");
  out.text(node.is_zero() ? std::string() : node.text());
  publish(network,
          "$registry/services/" + routing::percent_encode_segment(path) + "/state/" +
              std::string(state),
          payload, retention(state));
}

void RegistryEvents::peer(const std::vector<std::string>& networks, const core::NodeId& node,
                          std::string_view name, std::string_view news) {
  core::Bytes payload;
  wire::CborWriter out(payload);
  out.map(2);
  out.text("node");
  out.text(node.text());
  out.text("name");
  out.text(name);
  for (const std::string& network : networks) {
    publish(network, "$registry/peer/" + node.text() + "/" + std::string(news), payload, 10s);
  }
}

void RegistryEvents::publish(std::string_view network, const std::string& topic,
                             const core::Bytes& payload, core::Duration retain) {
  rpc::Event event;
  event.network = network;
  event.topic = topic;
  event.payload = rpc::Payload::borrow(payload, rpc::Encoding::kCbor);
  event.publisher = "$registry";
  rpc::PublishOptions options;
  options.broadcast = false;
  options.system = true;
  options.retain_for = retain;
  broker_.publish(event, options);
}

}  // namespace runard::system
