#include "config/text_rule.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/suggest.h"
#include "config/topic_text.h"
#include "core/ids.h"
#include "routing/grammar.h"

namespace runard::config {
namespace {

using Verdict = std::optional<Complaint>;

Verdict check_name(std::string_view text) {
  if (!routing::is_name(text)) {
    return Complaint{quoted(text) + " is not a name", "write 1 to 64 letters, digits, _ . or -"};
  }
  if (text == "." || text == "..") {  // folders are called by names
    return Complaint{quoted(text) + " is not a name", "write a letter or digit, too"};
  }
  return std::nullopt;
}

// Whoever makes a core::Log for another component adds it here, and in schema.cc.
Verdict check_component(std::string_view text) {
  const std::string known[] = {"admin",   "discovery", "identity", "issuer",  "keys",     "mesh",
                               "plugins", "policy",    "runard",   "sealing", "transport"};
  if (std::find(std::begin(known), std::end(known), text) != std::end(known)) {
    return std::nullopt;
  }
  const auto near = nearest(text, known);
  return Complaint{quoted(text) + " is no component that logs",
                   near ? "did you mean " + *near + "?" : "write " + any_of(known)};
}

Verdict check_not_empty(std::string_view text, std::size_t most) {
  if (text.empty()) {
    return Complaint{"is empty", "leave the key out, or write a value"};
  }
  if (text.size() > most) {
    return Complaint{quoted(text) + " is too long", fmt::format("write at most {} bytes", most)};
  }
  const bool has_control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (has_control) {
    return Complaint{quoted(text) + " holds a control character", "remove it"};
  }
  return std::nullopt;
}

Verdict check_file(std::string_view text) {
  return check_not_empty(text, 4095);
}

Verdict check_absolute(std::string_view text) {
  if (auto complaint = check_file(text)) {
    return complaint;
  }
  if (!text.starts_with('/')) {
    return Complaint{quoted(text) + " is not an absolute path", "begin it with /"};
  }
  return std::nullopt;
}

Verdict check_socket(std::string_view text) {
  if (text.size() > 107) {
    return Complaint{quoted(text) + " is too long for a socket", "write at most 107 bytes"};
  }
  return check_absolute(text);
}

Verdict check_plugin_file(std::string_view text) {
  const std::string_view name = text.substr(text.rfind('/') + 1);
  const bool has_folder = name.size() != text.size();
  if (check_file(text) || !name.ends_with(".so") || name.size() == 3 ||
      (has_folder && !text.starts_with('/'))) {
    return Complaint{quoted(text) + " is not a plugin file",
                     "write NAME.so, which lies in plugins.dir, or /PATH/NAME.so"};
  }
  return std::nullopt;
}

Verdict check_interface(std::string_view text) {
  if (text.empty() || text.size() > 15 || text.find_first_of("/ \t") != std::string_view::npos) {
    return Complaint{quoted(text) + " is not the name of a network interface",
                     "write one that `ip link` lists"};
  }
  return std::nullopt;
}

Verdict check_system_name(std::string_view text) {
  if (check_name(text)) {
    return Complaint{quoted(text) + " is not the name of a group", "write one of /etc/group"};
  }
  return std::nullopt;
}

Verdict check_mount(std::string_view text) {
  const auto path = parse_mount(text);
  return path ? std::nullopt : Verdict(path.error());
}

Verdict check_service_ref(std::string_view text) {
  const auto ref = parse_service_ref(text, "main");
  return ref ? std::nullopt : Verdict(ref.error());
}

Verdict check_verb(std::string_view text) {
  const std::string verbs[] = {"call", "publish", "subscribe", "register", "keys.read", "admin"};
  if (std::find(std::begin(verbs), std::end(verbs), text) == std::end(verbs)) {
    return Complaint{quoted(text) + " is nothing that can be allowed", "write " + any_of(verbs)};
  }
  return std::nullopt;
}

Verdict check_node_id(std::string_view text) {
  if (!core::NodeId::parse(text)) {
    return Complaint{
        quoted(text) + " is not the id of a node",
        "write the 26 characters that `runarctl node ls` shows; a name proves nothing"};
  }
  return std::nullopt;
}

Verdict check_node_label(std::string_view text) {
  const std::size_t at = text.find('=');
  if (at == std::string_view::npos || check_name(text.substr(0, at)) ||
      check_name(text.substr(at + 1))) {
    return Complaint{quoted(text) + " is not a node label",
                     "write KEY=VALUE, both of letters, digits, _ . or -"};
  }
  return std::nullopt;
}

Verdict check_profile(std::string_view text) {
  if (text != "caller" && !core::ProfileId::parse(text)) {
    return Complaint{quoted(text) + " is not a profile", "write caller, or a profile's id"};
  }
  return std::nullopt;
}

// A name in a profile's certificate is what its owner chose, or somebody who wants to be taken for
// another one.
Verdict check_reader(std::string_view text) {
  if (text != "caller" && text != "owner" && !core::ProfileId::parse(text)) {
    return Complaint{quoted(text) + " is not the id of a profile",
                     "write caller, owner, or the id that `runarctl profile export` prints; a name "
                     "proves nothing"};
  }
  return std::nullopt;
}

}  // namespace

const TextRule kName{"name", check_name};
const TextRule kLogComponent{"component", check_component};
const TextRule kGroupName{"group", check_system_name};
const TextRule kFilePath{"path", check_file};
const TextRule kAbsolutePath{"absolute path", check_absolute};
const TextRule kSocketPath{"absolute path", check_socket};
const TextRule kPluginFile{"plugin file", check_plugin_file};
const TextRule kInterface{"interface", check_interface};
const TextRule kTypeName{"text", [](std::string_view t) { return check_not_empty(t, 255); }};
const TextRule kMount{"topic path", check_mount};
const TextRule kServiceRef{"service", check_service_ref};
const TextRule kTopicPattern{"topic pattern", check_pattern};
const TextRule kAccessVerb{"call | publish | subscribe | register | keys.read | admin", check_verb};
const TextRule kNodeId{"node id", check_node_id};
const TextRule kNodeLabel{"node label", check_node_label};
const TextRule kProfile{"profile id | caller", check_profile};
const TextRule kReader{"profile id | caller | owner", check_reader};

}  // namespace runard::config
