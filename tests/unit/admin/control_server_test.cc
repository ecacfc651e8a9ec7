// links: calls pubsub ctl
#include "admin/control_server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <thread>

#include "admin/base64.h"
#include "calls/dispatcher.h"
#include "ctl/control_client.h"
#include "pubsub/broker.h"
#include "support/fakes.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;
namespace json = boost::json;

namespace {

struct Echo final : rpc::Handler {
  rpc::Ticket call(const rpc::Request& request, const rpc::Responder& responder) override {
    if (request.action == 1) {
      return 9;  // never answers
    }
    responder(rpc::Reply::success(request.payload));
    return 0;
  }
  void cancel(rpc::Ticket) override { ++cancelled; }
  std::atomic<int> cancelled{0};
};

// A control server on a socket of its own, run by a thread.
struct Server {
  Server()
      : folder(std::filesystem::temp_directory_path() /
               ("runard-admin-" + std::to_string(getpid()))),
        path((folder / "c.sock").string()),
        executor(clock),
        registry("edge", {"main"}, 1),
        dispatcher({}, registry, clock, executor),
        broker(registry, clock, 1, 1),
        server(io, {path, "", "1.0", 1s},
               {[] { return json::object{{"ok", true}}; },
                [] { return "a: 1\n"; },
                [] { return R"({"a":1})"; },
                {},
                {},
                {},
                {},
                {},
                {}},
               dispatcher, broker, registry, clock, {}) {
    std::filesystem::create_directories(folder);
    registry::ServiceRow row;
    row.network = "main";
    row.path = "echo";
    row.state = registry::ServiceState::kRunning;
    row.actions = {{"it", "", "", "", 0}, {"never", "", "", "", 0}};
    REQUIRE(registry.put_local(row, &echo));
    REQUIRE(server.listen());
    thread = std::thread([this] {
      auto work = boost::asio::make_work_guard(io);
      io.run();
    });
  }
  ~Server() {
    boost::asio::post(io, [this] {
      server.stop();
      io.stop();
    });
    thread.join();
    std::filesystem::remove_all(folder);
  }

  std::filesystem::path folder;
  std::string path;
  test::ManualClock clock;
  test::ManualExecutor executor;
  registry::Registry registry;
  calls::Dispatcher dispatcher;
  pubsub::Broker broker;
  Echo echo;
  boost::asio::io_context io;
  admin::ControlServer server;
  std::thread thread;
};

json::object call_params(std::string_view path, std::string_view body) {
  return {{"path", json::string(path.data(), path.size())},
          {"payload", admin::to_base64(core::as_bytes(body))},
          {"encoding", "text"}};
}

// Sends bytes as they are; returns what comes until the other side closes or a line is there.
std::string raw(const std::string& path, std::string_view bytes) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n = send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) {
      break;
    }
    sent += static_cast<std::size_t>(n);
  }
  std::string got;
  char buffer[4096];
  while (got.find('\n') == std::string::npos) {
    const ssize_t n = recv(fd, buffer, sizeof buffer, 0);
    if (n <= 0) {
      break;
    }
    got.append(buffer, static_cast<std::size_t>(n));
  }
  close(fd);
  return got;
}

}  // namespace

TEST_CASE("a call over the control socket brings its answer back") {
  Server server;
  ctl::ControlClient client;
  REQUIRE(client.connect(server.path));
  const auto answer = client.ask("call", call_params("echo/it", "hello"), 5s);
  REQUIRE(answer.has_value());
  CHECK(answer->at("payload").as_string() == admin::to_base64(core::as_bytes("hello")).c_str());
  CHECK(answer->at("encoding").as_string() == "text");
}

TEST_CASE("several calls on one connection are answered each, in the order they were asked") {
  Server server;
  ctl::ControlClient client;
  REQUIRE(client.connect(server.path));
  const auto replies = client.ask_each(
      "call",
      {call_params("echo/it", "a"), call_params("nothing/it", "b"), call_params("echo/it", "c")},
      5s);
  REQUIRE(replies.size() == 3);
  CHECK(replies[0]->at("payload").as_string() == admin::to_base64(core::as_bytes("a")).c_str());
  CHECK(replies[1].error().error.code == Errc::kNoService);
  CHECK(replies[2]->at("payload").as_string() == admin::to_base64(core::as_bytes("c")).c_str());
  CHECK(client.ask_each("call", {}, 5s).empty());
}

TEST_CASE("calls without an answer are told so beside those that have one") {
  Server server;
  ctl::ControlClient client;
  REQUIRE(client.connect(server.path));
  const auto replies =
      client.ask_each("call", {call_params("echo/never", ""), call_params("echo/it", "c")}, 50ms);
  REQUIRE(replies.size() == 2);
  CHECK(replies[0].error().error.code == Errc::kDeadlineExceeded);
  CHECK(replies[1].has_value());
}

TEST_CASE("who has other schemas than those in use is among the providers, as the last") {
  Server server;
  Echo link;
  for (const std::uint8_t number : {std::uint8_t{2}, std::uint8_t{1}}) {
    registry::NodeRows rows;
    rows.node.bytes[0] = number;
    rows.name = "node-" + std::to_string(number);
    registry::ServiceRow& row = rows.services.emplace_back();
    row.network = "main";
    row.path = "math";
    row.state = registry::ServiceState::kRunning;
    row.actions = {{"add", "", "schemas of " + rows.name, "", 0}};
    server.registry.replace(rows, link);
  }
  ctl::ControlClient client;
  REQUIRE(client.connect(server.path));
  const auto found = client.ask("providers", {{"path", "math/add"}}, 5s);
  REQUIRE(found.has_value());
  const json::array& nodes = found->at("providers").as_array();
  REQUIRE(nodes.size() == 2);
  CHECK(nodes[0].at("name").as_string() == "node-2");  // whose are in use
  CHECK(nodes[1].at("name").as_string() == "node-1");
}

TEST_CASE("the providers of a path are those that a call may go to") {
  Server server;
  ctl::ControlClient client;
  REQUIRE(client.connect(server.path));
  const auto found = client.ask("providers", {{"path", "echo/it"}}, 5s);
  REQUIRE(found.has_value());
  REQUIRE(found->at("providers").as_array().size() == 1);
  CHECK(found->at("providers").at(0).at("name").as_string() == "edge");
  CHECK(found->at("providers").at(0).at("local").as_bool());
  const auto none = client.ask("providers", {{"path", "nothing/it"}}, 5s);
  CHECK(none->at("providers").as_array().empty());
  CHECK(client.ask("providers", {{"path", "a/*"}}, 5s).error().error.code == Errc::kBadTopic);
}

TEST_CASE("a bench over the control socket tells latencies, or why all calls failed") {
  Server server;
  ctl::ControlClient client;
  REQUIRE(client.connect(server.path));
  json::object params = call_params("echo/it", "hello");
  params["count"] = 2000;
  params["inflight"] = 8;
  const auto answer = client.ask("bench", params, 10s);
  REQUIRE(answer.has_value());
  CHECK(answer->at("count").to_number<int>() == 2000);
  CHECK(answer->at("errors").to_number<int>() == 0);
  CHECK(answer->contains("p50_ns"));
  params["local"] = true;
  CHECK(client.ask("bench", params, 10s).has_value());
  params["path"] = "nothing/it";
  CHECK(client.ask("bench", params, 10s).error().error.code == Errc::kNoService);
  params["count"] = 10'000'001;
  CHECK(client.ask("bench", params, 10s).error().error.code == Errc::kInvalidArgument);
  params["count"] = "many";
  CHECK(client.ask("bench", params, 10s).error().error.code == Errc::kInvalidArgument);
  params["node"] = "nobody";
  CHECK(client.ask("bench", params, 10s).error().error.code == Errc::kNotFound);
}

TEST_CASE("benches are bounded, and end with their client") {
  Server server;
  json::object params = call_params("echo/never", "");
  params["count"] = 100;
  {
    std::vector<std::unique_ptr<ctl::ControlClient>> clients;
    for (std::size_t i = 0; i < admin::ControlServer::kMaxBenches; ++i) {
      clients.push_back(std::make_unique<ctl::ControlClient>());
      REQUIRE(clients.back()->connect(server.path));
      CHECK_FALSE(clients.back()->ask("bench", params, 20ms).has_value());
    }
    ctl::ControlClient late;
    REQUIRE(late.connect(server.path));
    CHECK(late.ask("bench", params, 5s).error().error.code == Errc::kOverloaded);
  }
  ctl::ControlClient next;
  REQUIRE(next.connect(server.path));
  params["path"] = "echo/it";
  const auto end = std::chrono::steady_clock::now() + 5s;
  bool made = false;
  while (!made && std::chrono::steady_clock::now() < end) {
    made = next.ask("bench", params, 5s).has_value();
  }
  CHECK(made);
}

TEST_CASE("errors come back with code, name and remedy") {
  Server server;
  ctl::ControlClient client;
  REQUIRE(client.connect(server.path));
  const auto answer = client.ask("call", call_params("nothing/it", ""), 5s);
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().error.code == Errc::kNoService);
  CHECK(answer.error().error.executed == core::Executed::kNo);
  CHECK(answer.error().details.at("code").as_string() == "RUNAR-E1101");
  CHECK_FALSE(answer.error().details.at("remedy").as_string().empty());
  CHECK(client.ask("call", call_params("a/*", ""), 5s).error().error.code == Errc::kBadTopic);
  CHECK(client.ask("dance", {}, 5s).error().error.code == Errc::kNotFound);
  json::object bad = call_params("echo/it", "");
  bad["payload"] = "***";
  CHECK(client.ask("call", bad, 5s).error().error.code == Errc::kInvalidArgument);
}

TEST_CASE("a client that goes away takes its calls with it") {
  Server server;
  {
    ctl::ControlClient client;
    REQUIRE(client.connect(server.path));
    CHECK_FALSE(client.ask("call", call_params("echo/never", ""), 50ms).has_value());
  }
  const auto end = std::chrono::steady_clock::now() + 5s;
  while (server.echo.cancelled == 0 && std::chrono::steady_clock::now() < end) {
    std::this_thread::yield();
  }
  CHECK(server.echo.cancelled == 1);
}

TEST_CASE("a subscription streams events, the retained ones first") {
  Server server;
  ctl::ControlClient publisher, subscriber;
  REQUIRE(publisher.connect(server.path));
  REQUIRE(subscriber.connect(server.path));
  json::object event = {
      {"topic", "a/1"}, {"payload", "eA=="}, {"encoding", "text"}, {"retain_ns", 60'000'000'000}};
  REQUIRE(publisher.ask("publish", event, 5s).has_value());
  std::vector<std::string> topics;
  const auto followed = subscriber.follow(
      "subscribe", {{"pattern", "a/*"}, {"past_ns", 60'000'000'000}}, [&](const json::object& e) {
        topics.emplace_back(e.at("topic").as_string().c_str());
        if (topics.size() == 1) {
          CHECK(e.at("retained").as_bool());
          event["topic"] = "a/2";
          CHECK(publisher.ask("publish", event, 5s).has_value());
        }
        return topics.size() < 2;
      });
  CHECK(followed.has_value());
  CHECK(topics == std::vector<std::string>{"a/1", "a/2"});
  event["topic"] = "$registry/x";
  CHECK(publisher.ask("publish", event, 5s).error().error.code == Errc::kReservedPath);
}

TEST_CASE("the socket's mode lets the group in and nobody else") {
  Server server;
  struct stat info{};
  REQUIRE(stat(server.path.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0660);
}

TEST_CASE("a second daemon does not take the socket away, a dead one's is replaced") {
  Server server;
  admin::ControlServer second(server.io, {server.path, "", "1.0", 1s}, {}, server.dispatcher,
                              server.broker, server.registry, server.clock, {});
  const auto refused = second.listen();
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Errc::kStateLocked);
}

TEST_CASE("garbage, deep nesting and endless lines get an error, and the server goes on") {
  Server server;
  CHECK(raw(server.path, "hello\n").find("RUNAR-E1002") != std::string::npos);
  CHECK(raw(server.path, "{\"id\":1}\n").find("RUNAR-E1002") != std::string::npos);
  CHECK(raw(server.path, std::string(1000, '[') + "\n").find("RUNAR-E1002") != std::string::npos);
  CHECK(raw(server.path, std::string((8U << 20) + 10, 'x')).find("RUNAR-E1204") !=
        std::string::npos);
  ctl::ControlClient client;
  REQUIRE(client.connect(server.path));
  CHECK(client.ask("hello", {}, 5s).has_value());
}

TEST_CASE("clients are bounded") {
  Server server;
  std::vector<std::unique_ptr<ctl::ControlClient>> clients;
  for (std::size_t i = 0; i < admin::ControlServer::kMaxClients; ++i) {
    clients.push_back(std::make_unique<ctl::ControlClient>());
    REQUIRE(clients.back()->connect(server.path));
    REQUIRE(clients.back()->ask("hello", {}, 5s).has_value());
  }
  ctl::ControlClient late;
  REQUIRE(late.connect(server.path));
  const auto refused = late.ask("hello", {}, 5s);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().error.code == Errc::kOverloaded);
}

TEST_CASE("base64 round trips and refuses what is not canonical") {
  for (const std::string_view text : {"", "f", "fo", "foo", "foob", "fooba", "foobar"}) {
    const auto back = admin::from_base64(admin::to_base64(core::as_bytes(text)));
    REQUIRE(back.has_value());
    CHECK(core::as_text(*back) == text);
  }
  CHECK(admin::to_base64(core::as_bytes("foobar")) == "Zm9vYmFy");
  CHECK_FALSE(admin::from_base64("Zg="));
  CHECK_FALSE(admin::from_base64("Zh=="));
  CHECK_FALSE(admin::from_base64("Z$=="));
  CHECK_FALSE(admin::from_base64("===="));
}
