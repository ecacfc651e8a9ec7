// AsioExecutor: core::Executor over an io_context that one thread runs: that thread is the strand.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <unordered_map>

#include "core/executor.h"

namespace runard::node {

class AsioExecutor final : public core::Executor {
 public:
  explicit AsioExecutor(boost::asio::io_context& io) : io_(io) {}

  void post(core::Task task) override;
  core::TimerId after(core::Duration delay, core::Task task) override;
  void cancel(core::TimerId timer) override;
  // No timer runs any more.
  void cancel_all() { timers_.clear(); }

 private:
  boost::asio::io_context& io_;
  std::unordered_map<core::TimerId, boost::asio::steady_timer> timers_;
  core::TimerId last_ = 0;
};

}  // namespace runard::node
