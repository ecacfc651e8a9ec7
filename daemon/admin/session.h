// Session: one client of the control socket. Reads request lines, writes answer lines.
//
// Lives as a shared_ptr held by its own pending I/O. Everything runs on the socket's executor,
// except send(), which any thread may call. Limits: README.md.
#pragma once

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/json.hpp>
#include <deque>
#include <memory>
#include <vector>

#include "core/function.h"
#include "core/result.h"
#include "rpc/broker.h"

namespace runard::admin {

class Session;

// What a session asks of the server.
class Requests {
 public:
  virtual ~Requests() = default;
  // On the session's executor. Answers through Session::send, now or later, on any thread.
  virtual void handle(const std::shared_ptr<Session>& session, std::uint64_t id,
                      std::string_view method, const boost::json::object& params) = 0;
  // Once, when it is over; no handle() afterwards.
  virtual void closed(const std::shared_ptr<Session>& session) = 0;
};

class Session final : public std::enable_shared_from_this<Session> {
 public:
  static constexpr std::size_t kMaxLine = 8U << 20;
  static constexpr std::size_t kMaxUnsent = 16U << 20;  // before the last line, which may be larger

  using Socket = boost::asio::local::stream_protocol::socket;
  Session(Socket socket, Requests& requests);

  void start();
  // Any thread.
  void send(boost::json::object answer);
  // Of a request that is refused: says that it was not executed, unless the error knows better.
  void send_error(std::uint64_t id, const core::Error& error);
  void close();
  void post(core::Task task);

  // On the session's executor, for streams: sends only while the client keeps up.
  void send_now(boost::json::object answer);
  bool has_room() const { return unsent_ < kStreamRoom && !closing_; }
  // Runs once all that was sent has been written.
  void when_drained(core::Task task) { drained_.push_back(std::move(task)); }

 private:
  static constexpr std::size_t kStreamRoom = 1U << 20;
  void read();
  void take_line(std::string_view line);
  void enqueue(std::string line);
  void write();
  void shut();

  Socket socket_;
  Requests& requests_;
  boost::asio::streambuf input_;
  std::deque<std::string> output_;
  std::size_t unsent_ = 0;
  std::vector<core::Task> drained_;
  bool closing_ = false;
};

}  // namespace runard::admin
