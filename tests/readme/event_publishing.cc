// Publishes what it is asked to as math/result, with every option of a publication.
#include <runar/plugin.hpp>

namespace {

using namespace std::chrono_literals;
using runar::Request;
using runar::Task;

struct Announcement {
  double value = 0;
  bool broadcast = true;
  std::string target;
  RUNAR_FIELDS(value, broadcast, target)
  RUNAR_OPTIONAL(broadcast, target)
};

class Math : public runar::Service {
 public:
  void init(runar::Lifecycle& lc) {
    lc.action<Announcement, std::uint32_t>(
        "announce", [](Announcement in, Request rq) -> Task<std::uint32_t> {
          const runar::Receipt receipt = co_await rq.publish("math/result", in.value,
                                                             {.broadcast = in.broadcast,
                                                              .guaranteed = false,
                                                              .retain_for = 60s,
                                                              .target = in.target});
          co_return receipt.reached;
        });
  }
};

}  // namespace

RUNAR_PLUGIN("event-publishing", "1.0.0", runar::service<Math>("math"));
