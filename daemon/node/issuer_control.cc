// What an operator asks of an issuer over the control socket.
#include "admin/params.h"
#include "admin/render.h"
#include "node/issuer.h"

namespace runard::node {
namespace json = boost::json;
using core::Errc;

namespace {

std::vector<std::string> texts_of(const json::object& params, std::string_view key) {
  std::vector<std::string> texts;
  const json::value* list = params.if_contains({key.data(), key.size()});
  if (list != nullptr && list->is_array()) {
    for (const json::value& item : list->get_array()) {
      texts.emplace_back(item.is_string() ? std::string_view(item.get_string()) : "");
    }
  }
  return texts;
}

json::object render(const enroll::TokenRecord& token) {
  return {{"token", token.id.text()},
          {"expires", admin::time_value(token.expires)},
          {"uses", token.uses},
          {"left", token.left},
          {"approve", token.approve},
          {"node_name", token.name},
          {"networks", json::value_from(token.networks)},
          {"groups", json::value_from(token.groups)},
          {"node_labels", json::value_from(token.labels)}};
}

json::object render(const enroll::PendingRequest& request, core::TimePoint now) {
  return {{"node", request.node.text()},        {"fingerprint", request.words},
          {"wished_name", request.wished_name}, {"address", request.address},
          {"token", request.token.text()},      {"left_ns", (request.until - now).count()}};
}

}  // namespace

bool Issuer::control(std::string_view method, const json::object& params,
                     admin::ControlAnswer& answer) {
  if (method == "token.create") {
    create_token(params, std::move(answer));
  } else if (method == "token.ls") {
    list_tokens(std::move(answer));
  } else if (method == "token.remove") {
    remove_token(admin::text_of(params, "id"), std::move(answer));
  } else if (method == "token.approve" || method == "token.deny") {
    const auto node = core::NodeId::parse(admin::text_of(params, "id"));
    const auto done =
        node ? desk_.decide(*node, method == "token.approve")
             : core::Result<void>(core::fail(Errc::kInvalidArgument, "not a node's id"));
    answer(done ? core::Result<json::object>(json::object()) : done.error());
    rearm();
  } else {
    return false;
  }
  return true;
}

core::Result<enroll::TokenOrder> Issuer::order_of(const json::object& params) const {
  enroll::TokenOrder order;
  order.addresses = texts_of(params, "addresses");
  if (order.addresses.empty()) {
    order.addresses = addresses_;
  }
  if (order.addresses.empty()) {
    return core::fail(Errc::kUsage,
                      "where can an issuer be dialled? --address HOST:PORT, or "
                      "transport.quic.advertise in its YAML");
  }
  order.valid = admin::duration_of(params, "ttl_ns");
  order.lifetime = admin::duration_of(params, "lifetime_ns");
  order.uses = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(admin::count_of(params, "uses", 1), enroll::kMaxUses + 1));
  order.approve = admin::flag_of(params, "approve");
  order.name = admin::text_of(params, "node_name");
  order.networks = texts_of(params, "networks");
  order.groups = texts_of(params, "groups");
  order.labels = texts_of(params, "node_labels");
  return order;
}

void Issuer::create_token(const json::object& params, admin::ControlAnswer answer) {
  auto order = order_of(params);
  if (!order) {
    return answer(order.error());
  }
  elsewhere([this, order = std::move(*order)] { return office_.create(order); },
            [this, answer = std::move(answer)](const core::Result<enroll::Token>& token) mutable {
              if (!token) {
                return answer(token.error());
              }
              log_.info("made an enrolment token", {core::field("token", token->id.text())});
              const crypto::SecretBytes text = token->text();
              answer(json::object{{"id", token->id.text()},
                                  {"expires", admin::time_value(token->expires)},
                                  {"addresses", json::value_from(token->addresses)},
                                  {"token", core::as_text(text.view())}});
            });
}

void Issuer::list_tokens(admin::ControlAnswer answer) {
  elsewhere([this] { return office_.tokens(); },
            [this, answer = std::move(answer)](
                const core::Result<std::vector<enroll::TokenRecord>>& records) mutable {
              if (!records) {
                return answer(records.error());
              }
              json::array tokens;
              for (const enroll::TokenRecord& record : *records) {
                if (record.expires > context_.clock.wall()) {
                  tokens.push_back(render(record));
                }
              }
              json::array pending;
              for (const enroll::PendingRequest& request : desk_.pending()) {
                pending.push_back(render(request, context_.clock.now()));
              }
              answer(json::object{{"tokens", std::move(tokens)}, {"pending", std::move(pending)}});
            });
}

void Issuer::remove_token(const std::string& id, admin::ControlAnswer answer) {
  const auto token = enroll::TokenId::parse(id);
  if (!token) {
    return answer(core::fail(Errc::kInvalidArgument, "\"" + id + "\" is not a token's id"));
  }
  elsewhere([this, id = *token] { return office_.remove(id); },
            [answer = std::move(answer)](const core::Result<void>& removed) mutable {
              answer(removed ? core::Result<json::object>(json::object()) : removed.error());
            });
}

}  // namespace runard::node
