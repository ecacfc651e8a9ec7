#include "ctl/payload_option.h"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <istream>
#include <system_error>

#include "admin/base64.h"
#include "ctl/ask.h"
#include "ctl/command.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;
using core::Errc;

constexpr std::size_t kMaxData = 8U << 20;
constexpr std::size_t kMaxDepth = 128;  // services nest their results 64 deep with the SDK

core::Result<std::string> read_all(std::istream& from, const std::string& name) {
  std::string text(kMaxData + 1, '\0');
  from.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(from.gcount()));
  if (text.size() > kMaxData) {
    return core::fail(Errc::kTooLarge, name + ": more than 8 MiB");
  }
  return text;
}

}  // namespace

core::Result<core::Bytes> payload_of(Session& session, const PayloadText& given) {
  return payload_from(given, [&](const std::string& name) -> core::Result<std::string> {
    if (name == "-") {
      return read_all(session.in, "standard input");
    }
    std::ifstream file(name, std::ios::binary);
    if (!file) {
      return core::fail(Errc::kUsage, fmt::format("{}: can't be read: {}", name,
                                                  std::generic_category().message(errno)));
    }
    auto text = read_all(file, name);
    if (file.bad()) {  // a folder
      return core::fail(Errc::kUsage, name + ": can't be read: it is no file");
    }
    return text;
  });
}

int fail_payload(Session& session, const core::Error& error) {
  const bool is_usage = error.code == Errc::kUsage;
  return session.fail(
      error,
      {is_usage ? "Write a=2 b=text, or -d '{\"a\": 2}', or -d @FILE, or -d - to read it." : "",
       {},
       {}});
}

std::string shown(const json::object& from, bool as_json) {
  const auto bytes = admin::from_base64(text_of(from, "payload"));
  return payload_to_text(bytes.value_or(core::Bytes{}), text_of(from, "encoding"), as_json);
}

json::value shown_value(const json::object& from) {
  json::parse_options options;
  options.max_depth = kMaxDepth;
  boost::system::error_code error;
  json::value value = json::parse(shown(from, true), error, {}, options);
  return error ? json::value(shown(from, false)) : value;
}

json::object payload_params(const core::Bytes& bytes, const PayloadText& given) {
  return {{"payload", admin::to_base64(bytes)},
          {"encoding", bytes.empty() ? "raw" : json::string(given.encoding)}};
}

void add_payload(CLI::App& command, PayloadText& payload) {
  command
      .add_option(
          "pairs", payload.pairs,
          "name=value of the parameters; name:=JSON for anything else, and for text that reads as "
          "a number: 'phone:=\"1\"'")
      ->type_name("NAME=VALUE");
  command
      .add_option("-d,--data", payload.data,
                  "The parameters as JSON, @FILE, or - for standard input")
      ->type_name("JSON");
  command
      .add_option("--as", payload.encoding,
                  "How they are sent: cbor, json, or -d as it stands: text, raw")
      ->check(CLI::IsMember({"cbor", "json", "text", "raw"}))
      ->type_name(value_name::kEncoding)
      ->capture_default_str();
}

}  // namespace runard::ctl
