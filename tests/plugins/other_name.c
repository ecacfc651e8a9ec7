/* Calls itself something else than its manifest does. */
#include "blank.h"

RUNAR_MANIFEST(
    "{\"name\":\"other_name\",\"version\":\"1.0.0\",\"abi\":\"1.0\",\"services\":[\"x\"]}");

static const runar_service_type type = BLANK_TYPE("x");
static const runar_service_type* const types[] = {&type};
static const runar_plugin plugin = {.struct_size = sizeof plugin,
                                    .name = STR("somebody_else"),
                                    .version = STR("1.0.0"),
                                    .types = types,
                                    .type_count = 1};

const runar_plugin* runar_plugin_v1(const runar_host* host, runar_err* err) {
  (void)host;
  (void)err;
  return &plugin;
}
