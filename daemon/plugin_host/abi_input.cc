#include "plugin_host/abi_input.h"

#include <algorithm>

#include "core/utf8.h"
#include "plugin_host/seen_paths.h"
#include "routing/escape.h"
#include "routing/topic_path.h"

namespace runard::plugin_host {
namespace {

SeenPaths& seen_paths() {
  thread_local constinit SeenPaths paths;
  return paths;
}

}  // namespace

runar_status read_payload(const runar_payload& given, std::size_t most, rpc::Payload& out) {
  if ((given.bytes.ptr == nullptr && given.bytes.len != 0) || given.reserved0 != 0) {
    return RUNAR_E_INVALID;
  }
  if (given.bytes.len > most) {
    return RUNAR_E_TOO_LARGE;
  }
  if (given.encoding > RUNAR_ENC_TEXT) {
    return RUNAR_E_UNSUPPORTED;
  }
  out.bytes = {given.bytes.ptr, given.bytes.len};
  out.encoding = static_cast<rpc::Encoding>(given.encoding);
  out.type = given.type_id;
  if (core::Buffer::Block* const block = from_abi(given.buf)) {
    const bool inside =
        given.bytes.len == 0 || (given.bytes.ptr >= block->data &&
                                 given.bytes.ptr + given.bytes.len <= block->data + block->size);
    if (!inside) {
      return RUNAR_E_INVALID;
    }
    out.owner = core::Buffer::share(block);
  }
  return RUNAR_OK;
}

runar_status read_meta(const runar_kv* given, std::size_t count, std::span<rpc::Pair> out,
                       std::span<const rpc::Pair>& used) {
  if (count == 0) {
    return RUNAR_OK;
  }
  if (given == nullptr) {
    return RUNAR_E_INVALID;
  }
  if (count > out.size()) {
    return RUNAR_E_TOO_LARGE;
  }
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_utf8_text(given[i].key, kMaxMetaBytes) ||
        !is_utf8_text(given[i].value, kMaxMetaBytes)) {
      return RUNAR_E_INVALID;
    }
    if (given[i].key.len > kMaxMetaKey) {
      return RUNAR_E_TOO_LARGE;
    }
    bytes += given[i].key.len + given[i].value.len;
    out[i] = {view(given[i].key), view(given[i].value)};
  }
  used = out.first(count);
  return bytes > kMaxMetaBytes ? RUNAR_E_TOO_LARGE : RUNAR_OK;
}

runar_status read_recipients(const runar_str* given, std::size_t count, RecipientBuffer& out) {
  if (count > RecipientBuffer::capacity()) {
    return RUNAR_E_TOO_LARGE;
  }
  if (count != 0 && given == nullptr) {
    return RUNAR_E_INVALID;
  }
  for (std::size_t i = 0; i < count; ++i) {
    const auto id =
        is_text(given[i], kMaxNodeName) ? core::ProfileId::parse(view(given[i])) : std::nullopt;
    if (!id) {
      return RUNAR_E_INVALID;
    }
    out.add(*id);
  }
  return RUNAR_OK;
}

core::Duration read_period(std::int64_t ns) {
  constexpr core::Duration kMost = std::chrono::hours(24 * 365);
  return std::min(core::Duration(ns), kMost);
}

runar_status read_node(const Directory& nodes, runar_str given, core::NodeId& out) {
  if (given.len == 0) {
    return RUNAR_OK;
  }
  if (!is_text(given, kMaxNodeName)) {
    return RUNAR_E_INVALID;
  }
  auto id = core::NodeId::parse(view(given));  // first: it needs no look-up
  if (!id) {
    id = nodes.find_node(view(given));
  }
  if (!id) {
    return RUNAR_E_NOT_FOUND;
  }
  out = *id;
  return RUNAR_OK;
}

bool is_utf8_text(runar_str text, std::size_t most) {
  return is_text(text, most) && routing::is_utf8(view(text));
}

std::string_view read_message(runar_str given, std::string& kept) {
  const std::string_view text = core::cut_utf8(view(given), kMaxText);
  if (routing::is_utf8(text)) {
    return text;
  }
  kept = text;
  for (std::size_t at = 0; at < kept.size();) {
    const std::size_t size = core::utf8_size(std::string_view(kept).substr(at));
    if (size == 0) {
      kept[at] = '?';
    }
    at += std::max<std::size_t>(size, 1);
  }
  return kept;
}

runar_status read_topic(runar_str given, std::string_view network, std::string& kept,
                        std::string_view& out_network, std::string_view& out_path) {
  if (!is_text(given, 2 * routing::kMaxPathBytes)) {
    return RUNAR_E_INVALID;
  }
  if (seen_paths().has(view(given))) {
    out_network = network;
    out_path = view(given);
    return RUNAR_OK;
  }
  auto topic = routing::view_topic(view(given), network);
  if (topic && topic->path.size() == given.len) {  // it names no network
    seen_paths().add(topic->path);
  }
  if (!topic) {
    const auto parsed = routing::TopicPath::parse(view(given), network);
    if (!parsed) {
      return RUNAR_E_INVALID;
    }
    kept = parsed->text();
    topic = routing::TopicView{std::string_view(kept).substr(0, parsed->network().size()),
                               std::string_view(kept).substr(parsed->network().size() + 1)};
  }
  out_network = topic->network;
  out_path = topic->path;
  return RUNAR_OK;
}

}  // namespace runard::plugin_host
