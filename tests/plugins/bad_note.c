/* Its manifest is not JSON. */
#include <runar/plugin.h>

RUNAR_MANIFEST("{\"name\":\"bad_note\", oops");

const runar_plugin* runar_plugin_v1(const runar_host* host, runar_err* err) {
  (void)host;
  (void)err;
  return NULL;
}
