// The daemon's side of plugin.h: the table of host functions, one file for each of its sections.
#pragma once

#include <runar/plugin.h>

namespace runard::plugin_host {

// The same for all plugins; constant.
const runar_host& host_table();

// Fill in their part of the table.
void put_call_functions(runar_host& table);      // call, respond, fail, request_state, post, cancel
void put_registry_functions(runar_host& table);  // add_action, subscribe, remove, declare_type ...
void put_event_functions(runar_host& table);     // publish, event_done
void put_buffer_functions(runar_host& table);
void put_log_functions(runar_host& table);

// RUNAR_EXT_SECRETS. Constant.
const runar_secrets& secrets_extension();

}  // namespace runard::plugin_host
