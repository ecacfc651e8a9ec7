// The layout of the ABI on a 64-bit machine. A struct may grow at its end; nothing that stands here
// may ever move. A change of this file is a change of the ABI.
#include <runar/plugin.h>

#include <catch2/catch_test_macros.hpp>
#include <cstddef>

#define SAME(type, size) static_assert(sizeof(type) == (size))
#define AT(type, field, offset) static_assert(offsetof(type, field) == (offset))

// Frozen.
SAME(runar_str, 16);
SAME(runar_bytes, 16);
SAME(runar_kv, 32);
SAME(runar_payload, 40);
AT(runar_payload, buf, 16);
AT(runar_payload, type_id, 24);
AT(runar_payload, encoding, 32);

// Growing: the last field of minor 0.
AT(runar_request, id, 8);
AT(runar_request, params, 64);
AT(runar_request, payload, 96);
AT(runar_request, deadline_ns, 136);
AT(runar_request, trace, 192);
AT(runar_event, params, 48);
AT(runar_event, payload, 80);
AT(runar_event, owner_profile, 168);
AT(runar_reply, status, 8);
AT(runar_reply, message, 16);
AT(runar_reply, served_by, 72);
AT(runar_receipt, event, 24);
AT(runar_action, on_request, 80);
AT(runar_action, drop_user, 96);
AT(runar_subscription, on_event, 64);
AT(runar_subscription, drop_user, 80);
AT(runar_call, payload, 40);
AT(runar_call, parent, 88);
AT(runar_call, recipient_count, 120);
AT(runar_publish, payload, 40);
AT(runar_publish, recipient_count, 128);
AT(runar_type, schema, 24);
AT(runar_host, extension, 8);
AT(runar_host, add_action, 56);
AT(runar_host, respond, 88);
AT(runar_host, call, 120);
AT(runar_host, buf_release, 184);
AT(runar_service_args, data_dir, 72);
AT(runar_service_type, create, 72);
AT(runar_service_type, destroy, 104);
AT(runar_service_type, health, 128);
AT(runar_secrets, get, 8);
AT(runar_secrets, open, 24);
AT(runar_plugin, types, 48);
AT(runar_plugin, unload, 64);

TEST_CASE("the ABI's structs lie in memory as they did when plugins were built") {
  SUCCEED("checked when this file was compiled");
}
