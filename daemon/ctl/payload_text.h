// Payloads as people write and read them on the command line.
//
// In: "a=2 b=x" becomes the map {a: 2, b: "x"} (a value that reads as a number, true, false or null
// is one; "a:=..." takes any JSON; everything else is text), or -d JSON | @file | - (stdin). JSON
// is sent as CBOR unless --as names another encoding; text and raw bytes are sent as they are. Out:
// CBOR and JSON are shown as JSON, text as it is, raw bytes as hexadecimal.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/result.h"

namespace runard::ctl {

struct PayloadText {
  std::vector<std::string> pairs;  // "k=v"
  std::string data;                // -d; "" when not given
  std::string encoding = "cbor";   // --as: the control socket's name of it
};

// Reads all of a named file, or of stdin for "-". Given by the caller, so that tests need neither.
using ReadAll = std::function<core::Result<std::string>(const std::string& name)>;

// The bytes to send; empty when nothing was given. kUsage when both were, or what was given is not
// JSON although the encoding is cbor or json.
core::Result<core::Bytes> payload_from(const PayloadText& given, const ReadAll& read_all);

// `encoding` is the control socket's name of it. JSON text when `json`, else for people.
std::string payload_to_text(core::ByteView bytes, std::string_view encoding, bool json);

}  // namespace runard::ctl
