/* Its entry fails with a message, and counts how often it is called. */
#include <runar/plugin.h>

RUNAR_MANIFEST("{\"name\":\"fails\",\"version\":\"1.0.0\",\"abi\":\"1.0\",\"services\":[\"x\"]}");

const runar_plugin* runar_plugin_v1(const runar_host* host, runar_err* err) {
  static char message[] = "no licence, call 0";
  ++message[sizeof message - 2];
  host->set_error(err, RUNAR_E_DENIED, (runar_str){message, sizeof message - 1});
  return NULL;
}
