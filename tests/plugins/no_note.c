/* Has the entry but no manifest. */
#include <runar/plugin.h>

const runar_plugin* runar_plugin_v1(const runar_host* host, runar_err* err) {
  (void)host;
  (void)err;
  return NULL;
}
