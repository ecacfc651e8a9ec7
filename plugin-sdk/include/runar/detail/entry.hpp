// RUNAR_PLUGIN: the entry symbol, the tables and the manifest note, all constant data.
#pragma once

#include <runar/service.hpp>

namespace runar::detail {

// {"name":"math","version":"1.0.0","abi":"1.0","services":["math"]}; without a buffer it only
// counts.
struct ManifestText {
  char* to = nullptr;
  std::size_t size = 0;

  constexpr void put(char c) {
    if (to != nullptr) {
      to[size] = c;
    }
    ++size;
  }
  constexpr void put(std::string_view text) {
    for (const char c : text) {
      put(c);
    }
  }
  constexpr void quoted(std::string_view text) {
    put('"');
    for (const char c : text) {
      if (c == '"' || c == '\\') {
        put('\\');
      }
      put(c);
    }
    put('"');
  }
  template <std::size_t N>
  constexpr void manifest(std::string_view name, std::string_view version,
                          const std::array<ServiceType, N>& types) {
    put(R"({"name":)");
    quoted(name);
    put(R"(,"version":)");
    quoted(version);
    put(R"(,"abi":"1.0","services":[)");
    for (std::size_t i = 0; i < N; ++i) {
      put(i == 0 ? "" : ",");
      const runar_str type = types[i].record().name;
      quoted({type.ptr, type.len});
    }
    put("]}");
    put('\0');
  }
};

template <std::size_t N>
constexpr std::size_t manifest_size(std::string_view name, std::string_view version,
                                    const std::array<ServiceType, N>& types) {
  ManifestText text;
  text.manifest(name, version, types);
  return text.size;
}

template <std::size_t Size>
struct ManifestNote {
  std::uint32_t name_size = 6;
  std::uint32_t text_size = Size;
  std::uint32_t type = RUNAR_NOTE_MANIFEST;
  char name[8] = {'R', 'u', 'n', 'a', 'r', 0, 0, 0};
  char text[Size] = {};
};

template <std::size_t Size, std::size_t N>
constexpr ManifestNote<Size> manifest_note(std::string_view name, std::string_view version,
                                           const std::array<ServiceType, N>& types) {
  ManifestNote<Size> note;
  ManifestText text{note.text};
  text.manifest(name, version, types);
  return note;
}

template <std::size_t N>
constexpr std::array<runar_service_type, N> records(std::string_view version,
                                                    const std::array<ServiceType, N>& types) {
  std::array<runar_service_type, N> made{};
  for (std::size_t i = 0; i < N; ++i) {
    made[i] = types[i].record();
    if (made[i].version.len == 0) {
      made[i].version = {version.data(), version.size()};
    }
  }
  return made;
}

template <std::size_t N>
constexpr std::array<const runar_service_type*, N> pointers(
    const std::array<runar_service_type, N>& records) {
  std::array<const runar_service_type*, N> made{};
  for (std::size_t i = 0; i < N; ++i) {
    made[i] = &records[i];
  }
  return made;
}

constexpr runar_plugin plugin_record(std::string_view name, std::string_view version,
                                     const runar_service_type* const* types, std::size_t count) {
  runar_plugin plugin{};
  plugin.struct_size = sizeof plugin;
  plugin.abi_minor = RUNAR_ABI_MINOR;
  plugin.name = {name.data(), name.size()};
  plugin.version = {version.data(), version.size()};
  plugin.types = types;
  plugin.type_count = count;
  return plugin;
}

}  // namespace runar::detail

// RUNAR_PLUGIN("math", "1.0.0", runar::service<Math>("math"), ...): once per file, at namespace
// scope.
#define RUNAR_PLUGIN(plugin_name, plugin_version, ...)                                    \
  namespace runar_entry {                                                                 \
  constexpr ::std::array kTypes{__VA_ARGS__};                                             \
  constexpr auto kRecords = ::runar::detail::records(plugin_version, kTypes);             \
  constexpr auto kPointers = ::runar::detail::pointers(kRecords);                         \
  constexpr ::runar_plugin kPlugin = ::runar::detail::plugin_record(                      \
      plugin_name, plugin_version, kPointers.data(), kPointers.size());                   \
  __attribute__((section(".note.runar"), used, aligned(4))) constexpr auto kManifest =    \
      ::runar::detail::manifest_note<::runar::detail::manifest_size(                      \
          plugin_name, plugin_version, kTypes)>(plugin_name, plugin_version, kTypes);     \
  }                                                                                       \
  extern "C" RUNAR_EXPORT const ::runar_plugin* runar_plugin_v1(const ::runar_host* host, \
                                                                ::runar_err*) {           \
    ::runar::detail::host = host;                                                         \
    return &runar_entry::kPlugin;                                                         \
  }                                                                                       \
  static_assert(true, "RUNAR_PLUGIN is followed by a semicolon")
