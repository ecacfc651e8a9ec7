/* Its runar_plugin has a tail that this daemon does not know, but leaves it zero: it loads. */
#include "blank.h"

RUNAR_MANIFEST(
    "{\"name\":\"newer_tail\",\"version\":\"1.0.0\",\"abi\":\"1.0\",\"services\":[\"x\"]}");

static const runar_service_type type = BLANK_TYPE("x");
static const runar_service_type* const types[] = {&type};
static const struct {
  runar_plugin known;
  uint64_t added;
} plugin = {{.struct_size = sizeof(runar_plugin) + sizeof(uint64_t),
             .name = STR("newer_tail"),
             .version = STR("1.0.0"),
             .types = types,
             .type_count = 1},
            0};

const runar_plugin* runar_plugin_v1(const runar_host* host, runar_err* err) {
  (void)host;
  (void)err;
  return &plugin.known;
}
