// Text rules: what a piece of text has to look like, and how that is said.
#pragma once

#include <optional>
#include <string_view>

#include "config/problem.h"

namespace runard::config {

struct TextRule {
  std::string_view type;  // "absolute path"
  std::optional<Complaint> (*check)(std::string_view text);
};

extern const TextRule kName;          // of a node or network: 1 to 64 of A-Za-z0-9_.-
extern const TextRule kLogComponent;  // a part of the daemon, as its log lines name it
extern const TextRule kGroupName;     // of the operating system
extern const TextRule kFilePath;      // not empty
extern const TextRule kAbsolutePath;  // begins with /
extern const TextRule kSocketPath;    // absolute, at most 107 bytes: what a sockaddr_un holds
extern const TextRule kPluginFile;    // NAME.so or /PATH/NAME.so
extern const TextRule kInterface;     // of the network: 1 to 15 bytes
extern const TextRule kTypeName;      // 1 to 255 bytes
extern const TextRule kMount;         // a topic path without network and wildcards
extern const TextRule kServiceRef;    // PATH or NETWORK:PATH
extern const TextRule kTopicPattern;  // may hold * {name} and, last, >
extern const TextRule kAccessVerb;    // call, publish, subscribe, register, keys.read, admin
extern const TextRule kNodeId;        // 26 characters of base32hex
extern const TextRule kNodeLabel;     // KEY=VALUE, both names
extern const TextRule kProfile;       // caller, or a profile's id: 26 characters of base32hex
extern const TextRule kReader;        // the same, or owner

}  // namespace runard::config
