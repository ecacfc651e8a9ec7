#include "ctl/control_client.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

namespace runard::ctl {
namespace json = boost::json;
using core::Errc;

namespace {

constexpr std::size_t kMaxAnswer = 96U << 20;  // the largest limits.payload in base64, and more

core::Error lost(std::string_view what) {
  return core::fail(Errc::kDaemonUnreachable, fmt::format("the daemon {}", what));
}

ControlError daemon_error(const json::object& error) {
  const auto text = [&](std::string_view key) {
    const json::value* value = error.if_contains({key.data(), key.size()});
    return value != nullptr && value->is_string() ? std::string(value->get_string().c_str())
                                                  : std::string();
  };
  ControlError result;
  const json::value* number = error.if_contains("number");
  result.error.code = number != nullptr && number->is_int64()
                          ? static_cast<Errc>(number->get_int64())
                          : Errc::kInternal;
  result.error.about = text("message");
  result.error.executed = text("executed") == "no"    ? core::Executed::kNo
                          : text("executed") == "yes" ? core::Executed::kYes
                                                      : core::Executed::kUnknown;
  if (const json::value* code = error.if_contains("app_code");
      code != nullptr && code->is_int64()) {
    result.error.app_code = static_cast<std::int32_t>(code->get_int64());
  }
  result.details = error;
  return result;
}

// What a line answers, and to which request; 0 is the connection itself.
std::pair<std::uint64_t, std::optional<boost::system::result<json::object, ControlError>>> reply_in(
    json::object& answer) {
  const json::value* its = answer.if_contains("id");
  boost::system::error_code ignored;
  const std::uint64_t id = its == nullptr ? 0 : its->to_number<std::uint64_t>(ignored);
  if (const json::value* error = answer.if_contains("error");
      error != nullptr && error->is_object()) {
    return {id, daemon_error(error->get_object())};
  }
  json::value* result = answer.if_contains("result");
  if (result != nullptr && result->is_object()) {
    return {id, std::move(result->get_object())};
  }
  return {id, std::nullopt};
}

}  // namespace

void throw_exception_from_error(const ControlError& error, const boost::source_location& at) {
  core::throw_exception_from_error(error.error, at);
}

ControlClient::~ControlClient() {
  if (fd_ >= 0) {
    close(fd_);
  }
}

core::Result<void> ControlClient::connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return core::fail(Errc::kUsage,
                      fmt::format("the socket path {} is longer than 107 bytes", path));
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0 || ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    const Errc code = error == EACCES || error == EPERM ? Errc::kDenied : Errc::kDaemonUnreachable;
    return core::fail(code, fmt::format("cannot reach a daemon at {}: {}", path,
                                        std::generic_category().message(error)));
  }
  return {};
}

core::Result<void> ControlClient::send(std::uint64_t id, std::string_view method,
                                       json::object params) {
  std::string line =
      json::serialize(json::object{{"id", id},
                                   {"method", json::string(method.data(), method.size())},
                                   {"params", std::move(params)}});
  line += '\n';
  for (std::size_t done = 0; done < line.size();) {
    const ssize_t n = ::send(fd_, line.data() + done, line.size() - done, MSG_NOSIGNAL);
    if (n < 0 && errno != EINTR) {
      return lost("closed the connection");
    }
    done += n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  return {};
}

core::Result<json::object> ControlClient::receive(core::TimePoint until) {
  const core::SystemClock clock;
  while (true) {
    if (const auto end = buffer_.find('\n'); end != std::string::npos) {
      boost::system::error_code error;
      json::value value = json::parse(std::string_view(buffer_).substr(0, end), error);
      buffer_.erase(0, end + 1);
      if (error || !value.is_object()) {
        return lost("sent something that is not an answer");
      }
      return std::move(value.get_object());
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - clock.now()).count();
    pollfd waiting = {fd_, POLLIN, 0};
    const int ready =
        poll(&waiting, 1,
             until == core::kNever ? -1 : static_cast<int>(std::clamp<long long>(left, 0, 60000)));
    if (ready == 0 && left <= 0) {
      return core::fail(Errc::kDeadlineExceeded, "the daemon did not answer in time");
    }
    if (ready <= 0) {
      continue;
    }
    char chunk[65536];
    const ssize_t n = recv(fd_, chunk, sizeof chunk, 0);
    if (n == 0 || (n < 0 && errno != EINTR) || buffer_.size() > kMaxAnswer) {
      return lost("closed the connection");
    }
    buffer_.append(chunk, n > 0 ? static_cast<std::size_t>(n) : 0);
  }
}

boost::system::result<json::object, ControlError> ControlClient::ask(std::string_view method,
                                                                     json::object params,
                                                                     core::Duration timeout) {
  std::vector<json::object> one;
  one.push_back(std::move(params));
  return std::move(ask_each(method, std::move(one), timeout).front());
}

std::vector<boost::system::result<json::object, ControlError>> ControlClient::ask_each(
    std::string_view method, std::vector<json::object> requests, core::Duration timeout) {
  using Reply = boost::system::result<json::object, ControlError>;
  const std::uint64_t first = last_id_ + 1;
  const std::size_t count = requests.size();
  // A daemon that refuses the connection says why and closes: the reason is there to be read even
  // if sending fails.
  core::Result<void> sent;
  for (json::object& params : requests) {
    const auto done = send(++last_id_, method, std::move(params));
    sent = sent ? done : sent;
  }
  std::vector<std::optional<Reply>> replies(count);
  std::size_t missing = count;
  const core::TimePoint until = core::SystemClock().now() + timeout;
  std::optional<ControlError> broken;
  while (missing > 0 && !broken) {
    auto answer = receive(until);
    if (!answer) {
      broken = ControlError{sent ? answer.error() : sent.error(), {}};
      break;
    }
    auto [id, reply] = reply_in(*answer);
    if (id == 0 && reply && reply->has_error()) {  // about the connection
      broken = reply->error();
    } else if (reply && id >= first && id - first < count && !replies[id - first]) {
      replies[id - first] = std::move(reply);
      --missing;
    }
  }
  std::vector<Reply> all;
  for (std::optional<Reply>& reply : replies) {
    all.push_back(reply ? std::move(*reply) : Reply(*broken));
  }
  return all;
}

boost::system::result<void, ControlError> ControlClient::follow(
    std::string_view method, json::object params,
    const std::function<bool(const json::object&)>& take) {
  if (auto sent = send(++last_id_, method, std::move(params)); !sent) {
    return ControlError{sent.error(), {}};
  }
  while (true) {
    auto answer = receive(core::kNever);
    if (!answer) {
      return ControlError{answer.error(), {}};
    }
    if (const json::value* error = answer->if_contains("error");
        error != nullptr && error->is_object()) {
      return daemon_error(error->get_object());
    }
    const json::value* event = answer->if_contains("event");
    if (event != nullptr && event->is_object() && !take(event->get_object())) {
      return {};
    }
  }
}

}  // namespace runard::ctl
