// Checks of what plugins hand over. Nothing here trusts a pointer's length or a flag; a pointer
// itself has to be trusted, as in any C interface.
#pragma once

#include <runar/plugin.h>

#include <cstddef>
#include <span>
#include <string>

#include "core/fixed_list.h"
#include "plugin_host/abi_values.h"
#include "plugin_host/limits.h"
#include "plugin_host/ports.h"
#include "rpc/handler.h"

namespace runard::plugin_host {

// Shares the payload's buffer, or borrows its bytes.
runar_status read_payload(const runar_payload& given, std::size_t most, rpc::Payload& out);

// Room for a message's metadata that costs nothing until it is used.
class PairBuffer {
 public:
  PairBuffer() {}  // not "= default": braces would then fill it with zeros
  std::span<rpc::Pair> room() { return {reinterpret_cast<rpc::Pair*>(bytes_), kMaxMeta}; }

 private:
  alignas(rpc::Pair) std::byte bytes_[kMaxMeta * sizeof(rpc::Pair)];
};

// Borrows. `out` is filled from its start; `used` tells how much.
runar_status read_meta(const runar_kv* given, std::size_t count, std::span<rpc::Pair> out,
                       std::span<const rpc::Pair>& used);

// The profiles that a message names as recipients; empty: none. RUNAR_E_INVALID: one is no
// profile's id; RUNAR_E_TOO_LARGE: there are more than rpc::kMaxRecipients.
using RecipientBuffer = core::FixedList<core::ProfileId, rpc::kMaxRecipients>;
runar_status read_recipients(const runar_str* given, std::size_t count, RecipientBuffer& out);

// How long something is kept, or how far to look back: at most a year, so that INT64_MAX can be
// said.
core::Duration read_period(std::int64_t ns);

// A node's id, or the name of one that `nodes` knows; empty: none. RUNAR_E_NOT_FOUND: nobody's
// name.
runar_status read_node(const Directory& nodes, runar_str given, core::NodeId& out);

// UTF-8 of at most `most` bytes.
bool is_utf8_text(runar_str text, std::size_t most);

// An error's text, which is_text() has taken: cut between two characters at kMaxText, and '?' for
// each byte that is not UTF-8, so that no text loses an answer. `kept` holds it if it had to
// change.
std::string_view read_message(runar_str given, std::string& kept);

// A topic without wildcards; `kept` holds its canonical form where the text is not canonical.
runar_status read_topic(runar_str given, std::string_view network, std::string& kept,
                        std::string_view& out_network, std::string_view& out_path);

}  // namespace runard::plugin_host
