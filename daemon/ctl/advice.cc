#include "ctl/advice.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <grp.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "ctl/ask.h"
#include "ctl/schema_text.h"
#include "ctl/suggest.h"
#include "routing/topic_pattern.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;
using core::Errc;

constexpr std::size_t kMostNames = 8;

// "main:math/add"; without a network the default one is meant, which `networks` begins with.
struct Path {
  std::string network;
  std::string rest;
  bool is_full = false;
};

Path split(const std::string& path, const std::vector<std::string>& networks) {
  const auto colon = path.find(':');
  if (colon != std::string::npos) {
    return {path.substr(0, colon), path.substr(colon + 1), true};
  }
  return {networks.empty() ? "" : networks.front(), path, false};
}

// What the daemon knows of one network.
class Known {
 public:
  Known(const Session& session, const std::string& path) {
    const auto hello = ask_quietly(session, "hello");
    const auto nodes = hello ? ask_quietly(session, "nodes") : std::nullopt;
    if (!nodes) {
      return;
    }
    networks_ = json::value_to<std::vector<std::string>>(hello->at("networks"));
    is_local_only_ = text_of(*hello, "node").empty();
    path_ = split(path, networks_);
    for (const json::value& row : action_rows(*nodes)) {
      if (text_of(row.as_object(), "network") == path_.network) {
        actions_.push_back(row.as_object());
      }
    }
    is_asked_ = true;
  }

  bool is_asked() const { return is_asked_; }
  // The services of keys are there in a mesh only.
  bool lacks_keys() const { return is_local_only_ && path_.rest.starts_with("$keys/"); }
  bool is_member() const { return std::ranges::find(networks_, path_.network) != networks_.end(); }
  const std::vector<std::string>& networks() const { return networks_; }

  std::vector<std::string> near() const {
    std::set<std::string> names;
    for (const json::object& row : actions_) {
      names.insert(text_of(row, "path"));
    }
    auto found = suggest(path_.rest, {names.begin(), names.end()});
    for (std::string& name : found) {
      name.insert(0, path_.is_full ? path_.network + ":" : "");
    }
    return found;
  }
  // The actions of the service that is mounted at or above the path.
  std::vector<std::string> offered() const {
    std::set<std::string> names;
    for (const json::object& row : actions_) {
      const std::string service = text_of(row, "service");
      if (path_.rest == service || path_.rest.starts_with(service + "/")) {
        names.insert(text_of(row, "path"));
      }
    }
    return {names.begin(), names.end()};
  }
  // The rows of the action that the path names, one for each node.
  std::vector<json::object> named() const {
    std::vector<json::object> rows;
    for (const json::object& row : actions_) {
      const auto pattern = routing::TopicPattern::parse(text_of(row, "path"), path_.network);
      if (pattern && pattern->matches_path(path_.rest)) {
        rows.push_back(row);
      }
    }
    return rows;
  }

 private:
  std::vector<std::string> networks_;
  Path path_;
  std::vector<json::object> actions_;
  bool is_asked_ = false;
  bool is_local_only_ = false;
};

Advice on_unknown_path(const Known& known, Errc code) {
  if (!known.is_member()) {
    return {"Use one of these networks, or join the other one: networks.join in the YAML.",
            {},
            {fmt::format("this node's networks are {}", fmt::join(known.networks(), ", "))}};
  }
  if (known.lacks_keys()) {
    return {"Give it an identity and networks.join: daemon/identity/OPERATOR.md.",
            {},
            {"this node is local-only: it has no keys"}};
  }
  Advice advice;
  advice.did_you_mean = known.near();
  std::vector<std::string> offered = known.offered();
  if (code == Errc::kNoAction && advice.did_you_mean.empty() && !offered.empty()) {
    const bool more = offered.size() > kMostNames;
    offered.resize(std::min(offered.size(), kMostNames));
    advice.facts = {
        fmt::format("the service offers {}{}", fmt::join(offered, ", "), more ? " and more" : "")};
  }
  return advice;
}

// The shell's phone=1 is a number. What the service's decoder said of it tells the field.
std::string text_hint(const std::string& said) {
  const auto at = said.find(": expected a text, found a number");
  if (at == std::string::npos) {
    return "";
  }
  const auto space = said.rfind(' ', at);
  const std::string field = said.substr(space == std::string::npos ? 0 : space + 1,
                                        space == std::string::npos ? at : at - space - 1);
  return fmt::format("A text that reads as a number is written '{}:=\"1\"'. ", field);
}

Advice on_known_path(const Known& known, const core::Error& error, const Asked& asked) {
  const Errc code = error.code;
  const auto rows = known.named();
  if (rows.empty()) {
    return {};
  }
  const std::string service = text_of(rows.front(), "service");
  if (code == Errc::kInvalidParams) {
    const std::string path = text_of(rows.front(), "path");
    const std::string takes = schema_text(text_of(rows.front(), "input_schema"));
    return {text_hint(error.about) + fmt::format("See 'runarctl action info {}'.", path),
            {},
            takes.empty() ? std::vector<std::string>{}
                          : std::vector<std::string>{fmt::format("{} takes {}", path, takes)}};
  }
  Advice advice;
  for (const json::object& row : rows) {
    advice.facts.push_back(
        fmt::format("on {}: {} is {}", text_of(row, "node_name"), service, text_of(row, "state")));
  }
  advice.facts.resize(std::min(advice.facts.size(), kMostNames));
  if (code == Errc::kNoEndpoint && (asked.is_local || !asked.node.empty())) {
    advice.remedy = "Ask another node: leave out --node, or use 'bench call' for 'bench local'.";
  }
  if (code == Errc::kServicePaused) {
    advice.remedy =
        fmt::format("Resume it on its node with 'runarctl service resume {}'.", service);
  }
  return advice;
}

Advice on_unknown_node(const Session& session, const std::string& name) {
  std::vector<std::string> names;
  if (const auto nodes = ask_quietly(session, "nodes")) {
    for (const json::value& node : nodes->at("nodes").as_array()) {
      names.push_back(text_of(node.as_object(), "name"));
    }
  }
  return {"See 'runarctl node ls' for the nodes that this one knows.", suggest(name, names), {}};
}

Advice advice_on(const Session& session, const core::Error& error, const Asked& asked) {
  const Errc code = error.code;
  if (code == Errc::kNotFound && !asked.node.empty() && error.about.starts_with("no node")) {
    return on_unknown_node(session, asked.node);
  }
  if (code == Errc::kNotFound && error.about == "this node is no issuer") {
    return {
        "Run it where the YAML has issuer:, or give the CA's folder to those that take --ca DIR.",
        {},
        {}};
  }
  if (code == Errc::kConfigInvalid && error.executed == core::Executed::kYes) {
    return {"Restart runard (systemctl restart runard), or take these changes back.", {}, {}};
  }
  const bool is_unknown = code == Errc::kNoService || code == Errc::kNoAction;
  const bool is_known =
      code == Errc::kInvalidParams || code == Errc::kServicePaused || code == Errc::kNoEndpoint;
  if (asked.path.empty() || (!is_unknown && !is_known && code != Errc::kDenied)) {
    return {};
  }
  const Known known(session, asked.path);
  if (!known.is_asked()) {
    return {};
  }
  if (code == Errc::kDenied) {
    return known.is_member() ? Advice{} : on_unknown_path(known, code);
  }
  return is_unknown ? on_unknown_path(known, code) : on_known_path(known, error, asked);
}

// None when the number has no name.
std::string group_name(gid_t number) {
  group entry{};
  group* found = nullptr;
  char buffer[4096];
  getgrgid_r(number, &entry, buffer, sizeof buffer, &found);
  return found == nullptr ? std::string() : std::string(entry.gr_name);
}

Advice on_denied_socket(const std::string& path) {
  struct stat info{};
  const std::string group = stat(path.c_str(), &info) == 0 ? group_name(info.st_gid) : "";
  if (group.empty() || (info.st_mode & S_IWGRP) == 0) {
    return {"Run it as the daemon's user, or with sudo.", {}, {}};
  }
  return {
      fmt::format("Use sudo, or join the group: usermod -aG {} USER, then log in again.", group),
      {},
      {fmt::format("only root and the group {} may use this socket", group)}};
}

}  // namespace

int tell(Session& session, const ControlError& error, const Asked& asked) {
  if (error.details.empty()) {  // the daemon has said nothing: it is that which is wrong
    return session.fail(
        error.error,
        {"Look at the daemon's log (journalctl -u runard); if it hangs, restart it.", {}, {}});
  }
  return session.fail(error.error, advice_on(session, error.error, asked), error.details);
}

int tell_unreachable(Session& session, const core::Error& error) {
  struct stat info{};
  if (error.code == Errc::kDenied) {
    return session.fail(error, on_denied_socket(session.socket));
  }
  if (error.code != Errc::kDaemonUnreachable) {
    return session.fail(error);
  }
  Advice advice{
      "Start it (systemctl start runard), or name the socket of another: --socket PATH.", {}, {}};
  if (stat(session.socket.c_str(), &info) != 0) {
    advice.facts = {"no runard has made this socket: none runs, or it has another control.socket"};
  } else if (S_ISSOCK(info.st_mode)) {
    advice.facts = {"the runard that made this socket has ended"};
  } else {
    advice.facts = {"this is not a socket"};
  }
  return session.fail(error, advice);
}

}  // namespace runard::ctl
