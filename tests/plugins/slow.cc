// A service that hears no event while its door is shut; its queue holds four.
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <runar/plugin.hpp>

namespace {

struct Heard {
  std::int64_t events = 0;
  std::int64_t gaps = 0;
  RUNAR_FIELDS(events, gaps)
};

class Slow : public runar::Service {
 public:
  void init(runar::Lifecycle& lc) {
    lc.subscribe<std::int64_t>("flood/>",
                               [this](std::int64_t, const runar::Event& event) {
                                 std::unique_lock lock(mutex_);
                                 ++heard_.events;
                                 heard_.gaps += event.after_gap() ? 1 : 0;
                                 opened_.wait_for(lock, std::chrono::seconds(10),
                                                  [this] { return open_; });
                               },
                               {.queue_limit = 4});
    lc.action<void, Heard>("heard",
                           [this] {
                             const std::lock_guard lock(mutex_);
                             return heard_;
                           },
                           {.parallel = true});
    lc.action<void, void>("open",
                          [this] {
                            const std::lock_guard lock(mutex_);
                            open_ = true;
                            opened_.notify_all();
                          },
                          {.parallel = true});
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  Heard heard_;
  bool open_ = false;
};

}  // namespace

RUNAR_PLUGIN("slow", "1.0.0", runar::service<Slow>("slow"));
