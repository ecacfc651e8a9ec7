/* Needs a daemon of a later minor. */
#include "blank.h"

RUNAR_MANIFEST(
    "{\"name\":\"newer_minor\",\"version\":\"1.0.0\",\"abi\":\"1.7\",\"services\":[\"x\"]}");

static const runar_service_type type = BLANK_TYPE("x");
static const runar_service_type* const types[] = {&type};
static const runar_plugin plugin = {.struct_size = sizeof plugin,
                                    .abi_minor = 7,
                                    .min_host_minor = 7,
                                    .name = STR("newer_minor"),
                                    .version = STR("1.0.0"),
                                    .types = types,
                                    .type_count = 1};

const runar_plugin* runar_plugin_v1(const runar_host* host, runar_err* err) {
  (void)host;
  (void)err;
  return &plugin;
}
