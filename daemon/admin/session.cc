#include "admin/session.h"

#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "admin/render.h"

namespace runard::admin {
namespace asio = boost::asio;
namespace json = boost::json;

namespace {

// Who refuses a request has not begun it. What may fail half-way (by time, from inside, for want of
// a service) says itself how far it came; `call` answers with what its provider said instead.
core::Error refusal(core::Error error) {
  const bool begun = error.executed != core::Executed::kUnknown;
  switch (core::info(error.code).kind) {
    case core::Kind::kTimeout:
    case core::Kind::kCancelled:
    case core::Kind::kUnavailable:
    case core::Kind::kInternal:
    case core::Kind::kApplication:
      return error;
    default:
      error.executed = begun ? error.executed : core::Executed::kNo;
      return error;
  }
}

}  // namespace

Session::Session(Socket socket, Requests& requests)
    : socket_(std::move(socket)), requests_(requests), input_(kMaxLine) {}

void Session::start() {
  read();
}

void Session::read() {
  asio::async_read_until(
      socket_, input_, '\n',
      [self = shared_from_this()](const boost::system::error_code& error, std::size_t size) {
        if (self->closing_) {
          return;  // what it sent meanwhile is nobody's any more
        }
        if (error) {
          if (error == asio::error::not_found) {
            self->send_error(0, core::fail(core::Errc::kTooLarge, "a request line is over 8 MiB"));
          }
          self->close();
          return;
        }
        const auto* data = static_cast<const char*>(self->input_.data().data());
        const std::string line(data, size - 1);
        self->input_.consume(size);
        self->take_line(line);
        if (!self->closing_) {
          self->read();
        }
      });
}

void Session::take_line(std::string_view line) {
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 32;
  const json::value value = json::parse({line.data(), line.size()}, error, {}, options);
  const json::object* request = error ? nullptr : value.if_object();
  const json::value* id = request == nullptr ? nullptr : request->if_contains("id");
  const json::value* method = request == nullptr ? nullptr : request->if_contains("method");
  if (id == nullptr || method == nullptr || !method->is_string() ||
      !(id->is_uint64() || id->is_int64())) {
    send_error(0, core::fail(core::Errc::kInvalidArgument,
                             R"(a request is {"id": number, "method": "...", "params": {}})"));
    return;
  }
  const json::value* params = request->if_contains("params");
  const json::object none;
  const json::object& given =
      params != nullptr && params->is_object() ? params->get_object() : none;
  const json::string& name = method->get_string();
  requests_.handle(shared_from_this(), id->to_number<std::uint64_t>(error),
                   {name.data(), name.size()}, given);
}

void Session::send(json::object answer) {
  std::string line = json::serialize(answer);
  line += '\n';
  asio::post(socket_.get_executor(), [self = shared_from_this(), line = std::move(line)]() mutable {
    self->enqueue(std::move(line));
  });
}

void Session::send_now(json::object answer) {
  std::string line = json::serialize(answer);
  line += '\n';
  enqueue(std::move(line));
}

void Session::post(core::Task task) {
  asio::post(socket_.get_executor(), std::move(task));
}

void Session::send_error(std::uint64_t id, const core::Error& error) {
  send({{"id", id}, {"error", render_error(refusal(error))}});
}

void Session::enqueue(std::string line) {
  if (closing_ && output_.empty()) {
    return;
  }
  if (unsent_ > kMaxUnsent) {
    shut();  // it reads slower than it asks: nothing it sends may grow the daemon
    return;
  }
  unsent_ += line.size();
  output_.push_back(std::move(line));
  if (output_.size() == 1) {
    write();
  }
}

void Session::write() {
  asio::async_write(
      socket_, asio::buffer(output_.front()),
      [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
        if (error || self->output_.empty()) {
          self->output_.clear();
          self->shut();
          return;
        }
        self->unsent_ -= self->output_.front().size();
        self->output_.pop_front();
        if (!self->output_.empty()) {
          self->write();
          return;
        }
        if (self->closing_) {
          self->shut();
        }
        for (core::Task& task : std::exchange(self->drained_, {})) {
          task();
        }
      });
}

void Session::close() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->closing_ = true;
    if (self->output_.empty()) {
      self->shut();
    }
  });
}

void Session::shut() {
  closing_ = true;
  if (socket_.is_open()) {
    boost::system::error_code ignored;  // nothing is left to do about a socket that can't be closed
    socket_.close(ignored);
    drained_.clear();
    requests_.closed(shared_from_this());
  }
}

}  // namespace runard::admin
