#include "node/asio_executor.h"

#include <boost/asio/post.hpp>

namespace runard::node {

void AsioExecutor::post(core::Task task) {
  boost::asio::post(io_, std::move(task));
}

core::TimerId AsioExecutor::after(core::Duration delay, core::Task task) {
  const core::TimerId id = ++last_;
  auto [at, fresh] = timers_.try_emplace(
      id, io_, std::chrono::duration_cast<std::chrono::steady_clock::duration>(delay));
  at->second.async_wait(
      [this, id, task = std::move(task)](const boost::system::error_code& error) mutable {
        // Cancelled in time, or after it had expired but before it ran: either way it is no longer
        // in the map.
        if (!error && timers_.erase(id) == 1) {
          task();
        }
      });
  return id;
}

void AsioExecutor::cancel(core::TimerId timer) {
  timers_.erase(timer);
}

}  // namespace runard::node
