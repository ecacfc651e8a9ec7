/* Built for a major of the ABI that does not exist. */
#include <runar/plugin.h>

RUNAR_MANIFEST(
    "{\"name\":\"other_abi\",\"version\":\"1.0.0\",\"abi\":\"2.0\",\"services\":[\"x\"]}");

const runar_plugin* runar_plugin_v1(const runar_host* host, runar_err* err) {
  (void)host;
  (void)err;
  return NULL;
}
