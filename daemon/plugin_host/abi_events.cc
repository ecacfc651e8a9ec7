// Events: host->publish, event_done.
#include "plugin_host/abi.h"
#include "plugin_host/abi_entry.h"
#include "plugin_host/abi_input.h"
#include "plugin_host/growable.h"
#include "plugin_host/status.h"

namespace runard::plugin_host {
namespace {

constexpr std::uint32_t kPublishFlags = RUNAR_PUB_LOCAL | RUNAR_PUB_GUARANTEED;

struct PublishInput {
  rpc::Event event;
  rpc::PublishOptions options;
  std::string topic;  // when it had to be made canonical
  PairBuffer meta;
  RecipientBuffer recipients;
  const char* about = "publish";  // what a refusal is about, for the log
};

runar_status read_publish(const Entry& entry, const runar_publish& given, PublishInput& out) {
  if ((given.flags & ~kPublishFlags) != 0) {
    return RUNAR_E_UNSUPPORTED;
  }
  if (given.owner_profile.len != 0) {
    const auto owner = is_text(given.owner_profile, 64)
                           ? core::ProfileId::parse(view(given.owner_profile))
                           : std::nullopt;
    if (!owner) {
      return RUNAR_E_INVALID;
    }
    out.event.owner = *owner;
  }
  if (given.retain_ns < 0) {
    return RUNAR_E_INVALID;
  }
  runar_status status = read_topic(given.topic, entry.context().label().network, out.topic,
                                   out.event.network, out.event.topic);
  const policy::Allowance* const allow = entry.context().label().allow.get();
  if (status == RUNAR_OK && allow != nullptr &&
      !allow->may(policy::Action::kPublish, {out.event.network, out.event.topic})) {
    return RUNAR_E_DENIED;
  }
  if (status == RUNAR_OK) {
    status = read_payload(given.payload, entry.runtime().limits.payload, out.event.payload);
  }
  if (status == RUNAR_OK) {
    status = read_meta(given.meta, given.meta_count, out.meta.room(), out.event.meta);
  }
  if (status == RUNAR_OK) {
    status = read_node(entry.runtime().ports.directory, given.target_node, out.options.target);
  }
  if (status == RUNAR_OK && given.recipient_count != 0) {
    out.about = "publish: its recipients";
    status = read_recipients(given.recipients, given.recipient_count, out.recipients);
    out.event.recipients = out.recipients.view();
  }
  out.event.published = entry.runtime().clock.wall();
  out.event.publisher = entry.context().label().path;
  out.options.broadcast = (given.flags & RUNAR_PUB_LOCAL) == 0;
  out.options.guaranteed = (given.flags & RUNAR_PUB_GUARANTEED) != 0;
  out.options.retain_for = read_period(given.retain_ns);
  return status;
}

runar_receipt receipt_of(const rpc::Receipt& given) {
  runar_receipt out{};
  out.struct_size = sizeof out;
  const bool sent = given.code == core::Errc{};
  out.status = sent ? RUNAR_OK : status_of(given.code);
  out.stage = sent ? RUNAR_RECEIPT_SENT : RUNAR_RECEIPT_REFUSED;
  out.reached = given.reached;
  return out;
}

// The broker's verdict is there at once, but callbacks never run inside a host call. Room for the
// receipt is taken first, so that an event is not published and then refused.
runar_status publish_with_receipt(const Entry& entry, const PublishInput& input,
                                  runar_receipt_fn on_receipt, void* user) {
  Tasks& tasks = entry.runtime().tasks;
  TaskSlot* const slot = tasks.reserve_receipt(entry.context());
  if (slot == nullptr) {
    return entry.context().closing() ? RUNAR_E_STOPPING : RUNAR_E_BUSY;
  }
  const rpc::Receipt receipt = entry.runtime().ports.broker.publish(input.event, input.options);
  tasks.post_receipt(*slot, receipt_of(receipt), on_receipt, user);
  return RUNAR_OK;
}

runar_status publish(runar_ctx* raw, const runar_publish* given, runar_receipt_fn on_receipt,
                     void* user) {
  const Entry entry(raw);
  if (!entry) {
    return entry.status();
  }
  return shielded([&] {
    const Growable<runar_publish> read(given, RUNARD_SIZE_TO(runar_publish, recipient_count));
    if (read.status() != RUNAR_OK) {
      return misuse(entry.context(), "publish", read.status());
    }
    PublishInput input;
    if (const runar_status status = read_publish(entry, *read, input); status != RUNAR_OK) {
      return status == RUNAR_E_NOT_FOUND ? status : misuse(entry.context(), input.about, status);
    }
    entry.runtime().requests.note_acted(entry.context());
    if (on_receipt != nullptr) {
      return publish_with_receipt(entry, input, on_receipt, user);
    }
    if (entry.context().closing()) {
      return runar_status{RUNAR_E_STOPPING};
    }
    const rpc::Receipt receipt = entry.runtime().ports.broker.publish(input.event, input.options);
    return receipt.code == core::Errc{} ? runar_status{RUNAR_OK} : status_of(receipt.code);
  });
}

runar_status event_done(runar_ctx* raw, runar_id id, std::uint32_t verdict,
                        std::int64_t retry_after_ns) {
  const Entry entry(raw);
  if (!entry) {
    return entry.status();
  }
  return shielded([&] {
    if (retry_after_ns < 0) {
      return misuse(entry.context(), "event_done", RUNAR_E_INVALID);
    }
    return kind_of(id) == IdKind::kEvent ? entry.instance().subscriptions().event_done(id, verdict)
                                         : runar_status{RUNAR_E_STALE};
  });
}

}  // namespace

void put_event_functions(runar_host& table) {
  table.publish = publish;
  table.event_done = event_done;
}

}  // namespace runard::plugin_host
