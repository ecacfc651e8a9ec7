// Log lines with context: the host adds node, plugin, service and request, a kv is a field.
#include <runar/plugin.hpp>

namespace {

using runar::kv;

class Worker : public runar::Service {
 public:
  void init(runar::Lifecycle& lc) {
    lc.action<int, int>("process", [](int input, const runar::Request& rq) {
      runar::log_debug(rq, "processing request: {request_id}", kv("request_id", rq.request_id()));
      try {
        return half(input);
      } catch (const runar::Error& error) {
        runar::log_error(rq, "operation failed: {error}", kv("error", error.text()));
        throw;
      }
    });
  }
  void start(runar::Lifecycle& lc) { runar::log_info(lc, "service started successfully"); }

 private:
  static int half(int input) {
    if (input % 2 != 0) {
      throw runar::app_error(1, std::to_string(input) + " is odd");
    }
    return input / 2;
  }
};

}  // namespace

RUNAR_PLUGIN("structured-logging", "1.0.0", runar::service<Worker>("worker"));
