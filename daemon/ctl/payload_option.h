// The payload options of a command: "k=v ..." or -d, and how they travel on the control socket.
#pragma once

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "ctl/payload_text.h"
#include "ctl/session.h"

namespace runard::ctl {

void add_payload(CLI::App& command, PayloadText& payload);

// Reads what was given, at most 8 MiB. kUsage when it is no payload or a file can't be read.
core::Result<core::Bytes> payload_of(Session& session, const PayloadText& given);

// {"payload", "encoding"} as the control socket takes them.
boost::json::object payload_params(const core::Bytes& bytes);

}  // namespace runard::ctl
