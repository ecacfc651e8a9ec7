#include "config/scalar.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/check.h"
#include "routing/escape.h"

namespace runard::config {
namespace {

constexpr std::string_view kFilePrefix = "file:/";

bool is_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
         std::all_of(name.begin(), name.end(), fits);
}

}  // namespace

void throw_exception_from_error(const Complaint&, const boost::source_location&) {
  core::check_failed("a Complaint is not a value", __FILE__, __LINE__);
}

bool Scalar::is_null() const {
  return !is_quoted &&
         (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL");
}

ScalarOr Substitution::resolve(const Tree& tree, bool allow_file) {
  if (allow_file && !tree.quoted && tree.text.starts_with(kFilePrefix)) {
    return from_file(tree);
  }
  Scalar scalar{{}, tree.quoted, false, quoted(tree.text)};
  std::string_view rest = tree.text;
  for (std::size_t at = rest.find("${"); at != std::string_view::npos; at = rest.find("${")) {
    if (at > 0 && rest[at - 1] == '$') {
      scalar.text.append(rest.substr(0, at - 1)).append("${");
      rest.remove_prefix(at + 2);
      continue;
    }
    const std::size_t end = rest.find('}', at);
    if (end == std::string_view::npos) {
      return Complaint{quoted(rest.substr(at)) + " has no }",
                       "write ${NAME}, or $${ for a plain ${"};
    }
    auto value = replacement(rest.substr(at + 2, end - at - 2));
    if (!value) {
      return std::move(value).error();
    }
    scalar.text.append(rest.substr(0, at)).append(*value);
    scalar.is_secret = true;
    rest.remove_prefix(end + 1);
    if (scalar.text.size() > kMaxSecretBytes) {
      break;
    }
  }
  scalar.text.append(rest);
  replaced_ += scalar.is_secret ? scalar.text.size() : 0;
  if ((scalar.is_secret && scalar.text.size() > kMaxSecretBytes) || replaced_ > kMaxReplacedBytes) {
    return Complaint{"the environment makes this too large", "use shorter values"};
  }
  return scalar;
}

boost::system::result<std::string, Complaint> Substitution::replacement(std::string_view inside) {
  const std::size_t separator = inside.find(":-");
  const std::string name(inside.substr(0, separator));
  if (!is_name(name)) {
    return Complaint{fmt::format("{} is not the name of an environment variable", quoted(name)),
                     "write ${NAME} or ${NAME:-default}, or $${ for a plain ${"};
  }
  std::optional<std::string> value = sources_.env ? sources_.env(name) : std::nullopt;
  if (separator != std::string_view::npos && (!value || value->empty())) {
    return std::string(inside.substr(separator + 2));
  }
  if (!value) {
    return Complaint{fmt::format("the environment variable {} is not set", name),
                     fmt::format("set it, or write ${{{}:-default}}", name)};
  }
  if (!routing::is_utf8(*value) || value->find('\0') != std::string::npos) {
    return Complaint{fmt::format("the environment variable {} is not UTF-8 text", name),
                     "set it to text"};
  }
  return std::move(*value);
}

ScalarOr Substitution::from_file(const Tree& tree) {
  const std::string path = tree.text.substr(kFilePrefix.size() - 1);
  auto content = sources_.file ? sources_.file(path, kMaxSecretBytes)
                               : core::fail(core::Errc::kConfigUnreadable, "no files here");
  if (!content) {
    return Complaint{
        fmt::format("the file {} can't be read: {}", quoted(path), content.error().about),
        "make it readable for runard, or quote the value if it is no file"};
  }
  if (content->ends_with('\n')) {
    content->pop_back();
  }
  replaced_ += content->size();
  if (!routing::is_utf8(*content) || content->find('\0') != std::string::npos) {
    return Complaint{fmt::format("the file {} is not UTF-8 text", quoted(path)),
                     "store the secret as text"};
  }
  if (replaced_ > kMaxReplacedBytes) {
    return Complaint{"the files make this too large", "use shorter secrets"};
  }
  return Scalar{std::move(*content), true, true, quoted(tree.text)};
}

}  // namespace runard::config
