// Fakes around the transport: names, a handler that answers by path, a recorder of events, a
// completion that waits.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/test_pki.h"
#include "transport/hub.h"

namespace runard::testing {

class FakeNames final : public transport::NetworkNames {
 public:
  explicit FakeNames(std::vector<std::string> networks) {
    for (std::string& name : networks) {
      ids_.emplace(name, network_of(name));
    }
  }
  std::optional<core::NetworkId> id(std::string_view name) const override {
    const auto found = ids_.find(name);
    return found == ids_.end() ? std::nullopt : std::optional(found->second);
  }
  std::string_view name(const core::NetworkId& id) const override {
    for (const auto& [name, known] : ids_) {
      if (known == id) {
        return name;
      }
    }
    return {};
  }
  std::vector<core::NetworkId> all() const {
    std::vector<core::NetworkId> list;
    for (const auto& entry : ids_) {
      list.push_back(entry.second);
    }
    return list;
  }

 private:
  std::map<std::string, core::NetworkId, std::less<>> ids_;
};

// What a handler was asked, kept.
struct Asked {
  std::string network;
  std::string path;
  std::string payload;
  std::string service;
  core::NodeId node;
  core::TimePoint deadline{};
  std::uint32_t flags = 0;
  std::uint64_t trace = 0;
  std::map<std::string, std::string> meta;
  rpc::Responder responder;
  core::ProfileId profile;
};

// Answers "echo" with the payload and whatever else by `answer`; keeps requests for "hold".
class FakeHandler final : public rpc::Handler {
 public:
  rpc::Ticket call(const rpc::Request& request, const rpc::Responder& responder) override {
    ++calls;
    if (request.path == "echo") {
      responder(rpc::Reply::success(request.payload));
      return 0;
    }
    Asked kept{std::string(request.network),
               std::string(request.path),
               std::string(core::as_text(request.payload.bytes)),
               std::string(request.caller.service),
               request.caller.node,
               request.deadline,
               request.flags,
               request.trace,
               {},
               responder,
               request.caller.profile};
    for (const rpc::Pair& pair : request.meta) {
      kept.meta[std::string(pair.key)] = pair.value;
    }
    if (answer) {
      answer(kept);
    }
    asked.push_back(std::move(kept));
    return asked.size();
  }
  void cancel(rpc::Ticket ticket) override { cancelled.push_back(ticket); }

  std::function<void(const Asked&)> answer;
  std::uint64_t calls = 0;
  std::vector<Asked> asked;
  std::vector<rpc::Ticket> cancelled;
};

struct GotReply {
  core::Errc code{};
  std::int32_t app_code = 0;
  core::Executed executed = core::Executed::kUnknown;
  std::string message;
  std::string payload;
  core::NodeId served_by;
  bool ok() const { return code == core::Errc{}; }
};

// One reply, to be looked at later. Any thread.
class Waiter final : public rpc::Completion {
 public:
  void complete(const rpc::Cookie&, const rpc::Reply& reply) noexcept override {
    reply_ = {reply.code,
              reply.app_code,
              reply.executed,
              std::string(reply.message),
              std::string(core::as_text(reply.payload.bytes)),
              reply.served_by};
    count_.fetch_add(1);
  }
  rpc::Responder responder() { return {this, {}}; }
  bool done() const { return count_.load() > 0; }
  int count() const { return count_.load(); }
  const GotReply& reply() const { return reply_; }

 private:
  GotReply reply_;
  std::atomic<int> count_{0};
};

struct GotEvent {
  std::string topic;
  std::string payload;
  std::string publisher;
  std::uint64_t sequence = 0;
  std::uint64_t lane = 0;
  core::NodeId source;
  std::vector<std::string> groups;
};

class FakeSink final : public transport::EventSink {
 public:
  Taken event(transport::LinkId, std::uint64_t lane, const rpc::Event& event,
              const wire::EventHeader&, std::span<const std::string_view> groups) override {
    if (hold) {
      return Taken::kLater;
    }
    ++count;
    if (keep) {
      events.push_back({std::string(event.topic),
                        std::string(core::as_text(event.payload.bytes)),
                        std::string(event.publisher),
                        event.sequence,
                        lane,
                        event.source,
                        {groups.begin(), groups.end()}});
    }
    return Taken::kTaken;
  }
  void lane_over(transport::LinkId link, std::uint64_t lane) override {
    over.emplace_back(link, lane);
  }
  bool hold = false;
  bool keep = true;
  std::uint64_t count = 0;
  std::vector<GotEvent> events;
  std::vector<std::pair<transport::LinkId, std::uint64_t>> over;
};

class FakeEvents final : public transport::EndpointEvents {
 public:
  struct Up {
    transport::LinkId link = 0;
    transport::PeerInfo peer;
    std::shared_ptr<transport::RemoteNode> remote;
  };
  struct Control {
    transport::LinkId link = 0;
    std::uint64_t type = 0;
    std::string body;
  };
  void link_up(transport::LinkId link, const transport::PeerInfo& peer,
               std::shared_ptr<transport::RemoteNode> remote) override {
    ups.push_back({link, peer, std::move(remote)});
    if (on_up) {
      on_up(link);
    }
  }
  void control(transport::LinkId link, std::uint64_t type, core::ByteView body) override {
    controls.push_back({link, type, std::string(core::as_text(body))});
    if (on_control) {
      on_control(link);
    }
  }
  void link_down(transport::LinkId link, const core::Error& why) override {
    downs.emplace_back(link, why);
  }
  void dial_done(transport::DialId dial, const core::Result<transport::LinkId>& outcome) override {
    dials.emplace_back(dial, outcome);
  }

  std::function<void(transport::LinkId)> on_up;
  std::function<void(transport::LinkId)> on_control;
  std::vector<Up> ups;
  std::vector<Control> controls;
  std::vector<std::pair<transport::LinkId, core::Error>> downs;
  std::vector<std::pair<transport::DialId, core::Result<transport::LinkId>>> dials;
};

}  // namespace runard::testing
