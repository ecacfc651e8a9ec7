/* Offers two service types. */
#include "blank.h"

RUNAR_MANIFEST(
    "{\"name\":\"two_types\",\"version\":\"1.2.3\",\"abi\":\"1.0\",\"services\":[\"left\","
    "\"right\"]}");

static const runar_service_type left = BLANK_TYPE("left");
static const runar_service_type right = BLANK_TYPE("right");
static const runar_service_type* const types[] = {&left, &right};
static const runar_plugin plugin = {.struct_size = sizeof plugin,
                                    .name = STR("two_types"),
                                    .version = STR("1.2.3"),
                                    .types = types,
                                    .type_count = 2};

const runar_plugin* runar_plugin_v1(const runar_host* host, runar_err* err) {
  (void)host;
  (void)err;
  return &plugin;
}
