/* Can't be loaded: it calls a function that nobody has. */
#include <runar/plugin.h>

RUNAR_MANIFEST(
    "{\"name\":\"undefined_symbol\",\"version\":\"1.0.0\",\"abi\":\"1.0\",\"services\":[\"x\"]}");

extern const runar_plugin* a_function_that_nobody_has(void);

const runar_plugin* runar_plugin_v1(const runar_host* host, runar_err* err) {
  (void)host;
  (void)err;
  return a_function_that_nobody_has();
}
