// ControlClient: one connection to a daemon's control socket (daemon/admin/README.md). Blocking,
// for one thread.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/result.h"

namespace runard::ctl {

// What the daemon answered instead of a result: its own code, text and remedy.
struct ControlError {
  core::Error error;
  boost::json::object details;  // as the daemon sent it; empty when it could not be reached
};

class ControlClient {
 public:
  ControlClient() = default;
  ControlClient(const ControlClient&) = delete;
  ControlClient& operator=(const ControlClient&) = delete;
  ~ControlClient();

  // kDaemonUnreachable with what the system said; kDenied.
  core::Result<void> connect(const std::string& socket_path);

  // Sends one request and waits for its answer, at most `timeout`.
  boost::system::result<boost::json::object, ControlError> ask(std::string_view method,
                                                               boost::json::object params,
                                                               core::Duration timeout);
  // Sends all of them, then waits for all their answers, at most `timeout` in all. In the order of
  // `requests`.
  std::vector<boost::system::result<boost::json::object, ControlError>> ask_each(
      std::string_view method, std::vector<boost::json::object> requests, core::Duration timeout);
  // Makes a request that is answered with events, and hands each to `take` until it returns false
  // or the daemon ends the stream.
  boost::system::result<void, ControlError> follow(
      std::string_view method, boost::json::object params,
      const std::function<bool(const boost::json::object&)>& take);

 private:
  core::Result<void> send(std::uint64_t id, std::string_view method, boost::json::object params);
  core::Result<boost::json::object> receive(core::TimePoint until);
  int fd_ = -1;
  std::string buffer_;
  std::uint64_t last_id_ = 0;
};

// boost::system::result calls this from .value() only, which runard never calls.
[[noreturn]] void throw_exception_from_error(const ControlError& error,
                                             const boost::source_location& at);

}  // namespace runard::ctl
