#include "ctl/payload_option.h"

#include <fstream>
#include <istream>

#include "admin/base64.h"

namespace runard::ctl {
namespace {

namespace json = boost::json;
using core::Errc;

constexpr std::size_t kMaxData = 8U << 20;

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
      return core::fail(Errc::kUsage, name + ": can't be read");
    }
    return read_all(file, name);
  });
}

json::object payload_params(const core::Bytes& bytes) {
  return {{"payload", admin::to_base64(bytes)}, {"encoding", bytes.empty() ? "raw" : "cbor"}};
}

void add_payload(CLI::App& command, PayloadText& payload) {
  command.add_option("pairs", payload.pairs,
                     "name=value of the parameters; name:=JSON for anything but text and numbers");
  command.add_option("-d,--data", payload.data,
                     "The parameters as JSON, @FILE, or - for standard input");
}

}  // namespace runard::ctl
