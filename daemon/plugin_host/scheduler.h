// Runnable and Scheduler: what worker threads run, and where it is handed in.
#pragma once

namespace runard::plugin_host {

// One turn of work. It is in at most one queue at a time, and its owner keeps it alive until run()
// has returned.
class Runnable {
 public:
  virtual void run() noexcept = 0;

 protected:
  ~Runnable() = default;
};

class Scheduler {
 public:
  virtual ~Scheduler() = default;
  // Any thread. Never runs it inside submit().
  virtual void submit(Runnable& work) = 0;
};

}  // namespace runard::plugin_host
