// The payload options of a command: "k=v ..." or -d, and how they travel on the control socket.
#pragma once

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "ctl/payload_text.h"
#include "ctl/session.h"

namespace runard::ctl {

// The payload of a daemon's answer or event: as text for people, or JSON text when `as_json`.
std::string shown(const boost::json::object& from, bool as_json);
boost::json::value shown_value(const boost::json::object& from);

void add_payload(CLI::App& command, PayloadText& payload);

// Reads what was given, at most 8 MiB. kUsage when it is no payload or a file can't be read.
core::Result<core::Bytes> payload_of(Session& session, const PayloadText& given);

// Tells what is wrong with what was given, and how it is written. The exit code.
int fail_payload(Session& session, const core::Error& error);

// {"payload", "encoding"} as the control socket takes them.
boost::json::object payload_params(const core::Bytes& bytes, const PayloadText& given);

}  // namespace runard::ctl
