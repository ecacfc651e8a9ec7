#include "plugin_host/manifest.h"

#include <fmt/format.h>
#include <runar/plugin.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

namespace runard::plugin_host {
namespace {

namespace json = boost::json;
using core::Errc;

constexpr std::size_t kMaxServices = 64;

core::Error bad(std::string what) {
  return core::fail(Errc::kPluginBadManifest, "manifest: " + std::move(what));
}

// Folders are called by names, so "." and ".." are none.
bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && text != "." && text != ".." &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '.' || c == '-';
         });
}

std::string_view view(const json::string& text) {
  return {text.data(), text.size()};
}

core::Result<std::string> name_of(const json::object& object, std::string_view key) {
  const json::value* const value = object.if_contains(key);
  const json::string* const text = value == nullptr ? nullptr : value->if_string();
  if (text == nullptr || !is_name(view(*text))) {
    return bad(fmt::format("\"{}\" has to be 1 to 64 of A-Z a-z 0-9 _ . -", key));
  }
  return std::string(view(*text));
}

bool parse_number(std::string_view text, std::uint32_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

core::Result<void> read_abi(const json::object& object, Manifest& out) {
  const auto text = name_of(object, "abi");
  if (!text) {
    return text.error();
  }
  const std::size_t dot = text->find('.');
  if (dot == std::string::npos || !parse_number(text->substr(0, dot), out.abi_major) ||
      !parse_number(text->substr(dot + 1), out.abi_minor)) {
    return bad(R"("abi" has to be like "1.0")");
  }
  if (out.abi_major != RUNAR_ABI_MAJOR) {
    return core::fail(
        Errc::kPluginIncompatible,
        fmt::format("it is built for ABI {}, this is ABI {}", *text, RUNAR_ABI_MAJOR));
  }
  return {};
}

core::Result<void> read_services(const json::object& object, Manifest& out) {
  const json::value* const value = object.if_contains("services");
  const json::array* const list = value == nullptr ? nullptr : value->if_array();
  if (list == nullptr || list->empty() || list->size() > kMaxServices) {
    return bad(R"("services" has to list 1 to 64 service types)");
  }
  for (const json::value& item : *list) {
    const json::string* const text = item.if_string();
    if (text == nullptr || !is_name(view(*text))) {
      return bad("a service type has to be 1 to 64 of A-Z a-z 0-9 _ . -");
    }
    if (std::find(out.services.begin(), out.services.end(), view(*text)) != out.services.end()) {
      return bad(fmt::format("service type \"{}\" stands there twice", view(*text)));
    }
    out.services.emplace_back(view(*text));
  }
  return {};
}

core::Result<Manifest> read_object(const json::object& object) {
  Manifest manifest;
  auto name = name_of(object, "name");
  auto version = name_of(object, "version");
  if (!name || !version) {
    return name ? version.error() : name.error();
  }
  manifest.name = std::move(*name);
  manifest.version = std::move(*version);
  if (const auto abi = read_abi(object, manifest); !abi) {
    return abi.error();
  }
  if (const auto services = read_services(object, manifest); !services) {
    return services.error();
  }
  if (const json::value* const wants = object.if_contains("wants")) {
    if (!wants->is_object()) {
      return bad(R"("wants" has to be an object)");
    }
    manifest.wants = json::serialize(*wants);
  }
  return manifest;
}

}  // namespace

core::Result<Manifest> parse_manifest(std::string_view text) {
  if (text.size() > kMaxManifest) {
    return bad("it is larger than 64 KiB");
  }
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 16;
  const json::value value = json::parse(text, error, {}, options);
  if (error || !value.is_object()) {
    return bad(error ? "it is not JSON: " + error.message() : "it is not a JSON object");
  }
  return read_object(value.get_object());
}

core::Result<Manifest> read_manifest(core::ByteView file) {
  const auto text = find_manifest_note(file);
  if (!text) {
    return text.error();
  }
  return parse_manifest(*text);
}

}  // namespace runard::plugin_host
