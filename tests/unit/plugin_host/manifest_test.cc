#include "plugin_host/manifest.h"

#include <elf.h>

#include <catch2/catch_test_macros.hpp>
#include <cstring>
#include <fstream>
#include <random>

#include "plugin_host/plugin_store.h"
#include "support/plugin_world.h"
#include "support/result_text.h"

using namespace runard;
using namespace runard::plugin_host;
using core::Errc;

namespace {

core::Bytes file_of(const std::string& plugin) {
  auto bytes = read_plugin_file(test::PluginWorld::plugin(plugin));
  REQUIRE(bytes);
  return std::move(*bytes);
}

Errc code_of(std::string_view json) {
  const auto manifest = parse_manifest(json);
  return manifest ? Errc{} : manifest.error().code;
}

// A shared library that consists of one PT_NOTE segment.
core::Bytes library_with_notes(const core::Bytes& notes, std::uint16_t segments = 1) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_type = ET_DYN;
  std::memcpy(&header.e_machine, &file_of("pair")[offsetof(Elf64_Ehdr, e_machine)], 2);
  header.e_phoff = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = segments;
  Elf64_Phdr segment{};
  segment.p_type = PT_NOTE;
  segment.p_offset = sizeof header + segments * sizeof segment;
  segment.p_filesz = notes.size();
  core::Bytes file(sizeof header + segments * sizeof segment + notes.size());
  std::memcpy(file.data(), &header, sizeof header);
  for (std::size_t i = 0; i < segments; ++i) {
    std::memcpy(&file[sizeof header + i * sizeof segment], &segment, sizeof segment);
  }
  std::copy(notes.begin(), notes.end(), file.end() - static_cast<std::ptrdiff_t>(notes.size()));
  return file;
}

core::Bytes note(std::uint32_t name_size, std::uint32_t text_size, std::string_view text) {
  core::Bytes out(12);
  const std::uint32_t type = RUNAR_NOTE_MANIFEST;
  std::memcpy(out.data(), &name_size, 4);
  std::memcpy(out.data() + 4, &text_size, 4);
  std::memcpy(out.data() + 8, &type, 4);
  for (const char c : std::string_view("Runar\0\0\0", 8)) {
    out.push_back(static_cast<std::uint8_t>(c));
  }
  out.insert(out.end(), text.begin(), text.end());
  return out;
}

}  // namespace

TEST_CASE("a plugin's manifest is read from the file, without loading it") {
  const auto manifest = read_manifest(file_of("two_types"));
  REQUIRE(manifest);
  CHECK(manifest->name == "two_types");
  CHECK(manifest->version == "1.2.3");
  CHECK(manifest->abi_major == 1);
  CHECK(manifest->abi_minor == 0);
  CHECK(manifest->services == std::vector<std::string>{"left", "right"});
  const auto wants = read_manifest(file_of("puppet"));
  REQUIRE(wants);
  CHECK(wants->wants == R"({"networks":["main"]})");
}

TEST_CASE("a service type that is no name, or no name for a folder, is refused") {
  const core::Bytes file = file_of("two_types");
  const std::string_view before = "\"left\"";
  for (const std::string_view bad : {R"(".."  )", R"("."   )", R"(""    )", R"("a/b" )"}) {
    INFO(bad);
    std::string text(core::as_text(file));
    const std::size_t at = text.find(before, text.find("\"services\""));
    REQUIRE(at != std::string::npos);
    text.replace(at, before.size(), bad);
    const auto manifest = read_manifest(core::as_bytes(text));
    REQUIRE_FALSE(manifest);
    CHECK(manifest.error().code == Errc::kPluginBadManifest);
    CHECK(manifest.error().about.find("a service type has to be") != std::string::npos);
  }
}

TEST_CASE("files that are no plugins are refused by what is wrong with them") {
  CHECK(read_manifest({}).error().code == Errc::kPluginBadManifest);
  const std::string script = "#!/bin/sh\n";
  CHECK(read_manifest(core::as_bytes(script)).error().about == "it is not an ELF file");
  CHECK(read_manifest(file_of("no_note")).error().about == "it has no .note.runar");
  CHECK(read_manifest(file_of("bad_note")).error().about.find("not JSON") != std::string::npos);
  CHECK(read_manifest(file_of("other_abi")).error().code == Errc::kPluginIncompatible);

  core::Bytes file = file_of("pair");
  file[EI_CLASS] = ELFCLASS32;
  CHECK(read_manifest(file).error().code == Errc::kPluginBadManifest);
  file[EI_CLASS] = ELFCLASS64;
  file[offsetof(Elf64_Ehdr, e_machine)] = EM_SPARC;
  CHECK(read_manifest(file).error().code == Errc::kPluginIncompatible);
  file = file_of("pair");
  file[offsetof(Elf64_Ehdr, e_type)] = ET_EXEC;
  CHECK(read_manifest(file).error().about == "it is not a shared library");
}

TEST_CASE("a file that was cut off anywhere is refused or read, never overrun") {
  const core::Bytes whole = file_of("pair");
  std::size_t good = 0;
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    const core::Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    good += read_manifest(part) ? 1 : 0;  // the sanitizers watch
  }
  CHECK(good > 0);
}

TEST_CASE("random damage to a file does no harm") {
  const core::Bytes whole = file_of("pair");
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    core::Bytes file = whole;
    for (int i = 0; i < 8; ++i) {
      // Mostly the headers: that is where offsets are.
      file[random() % (i < 6 ? 512 : file.size())] = static_cast<std::uint8_t>(random());
    }
    static_cast<void>(read_manifest(file));
  }
}

TEST_CASE("notes with impossible sizes end the search") {
  CHECK_FALSE(find_manifest_note(library_with_notes(note(UINT32_MAX, 8, "{}"))));
  CHECK_FALSE(find_manifest_note(library_with_notes(note(6, UINT32_MAX, "{}"))));
  CHECK_FALSE(find_manifest_note(library_with_notes(note(6, 100, "{}"))));
  const auto good = find_manifest_note(library_with_notes(note(6, 2, "{}")));
  REQUIRE(good);
  CHECK(*good == "{}");
  CHECK(find_manifest_note(
            library_with_notes(note(6, kMaxManifest + 1, std::string(kMaxManifest + 1, ' '))))
            .error()
            .about.find("64 KiB") != std::string::npos);
}

TEST_CASE("many segments over many notes are given up, not walked for ever") {
  core::Bytes notes;
  for (int i = 0; i < 20000; ++i) {
    notes.insert(notes.end(), 12, 0);
  }
  CHECK(find_manifest_note(library_with_notes(notes, 10000)).error().code ==
        Errc::kPluginBadManifest);
}

TEST_CASE("a manifest has to hold what plugin.h says") {
  const std::string good = R"({"name":"m","version":"1","abi":"1.0","services":["s"]})";
  CHECK(code_of(good) == Errc{});
  CHECK(code_of("[]") == Errc::kPluginBadManifest);
  CHECK(code_of("{}") == Errc::kPluginBadManifest);
  CHECK(code_of(R"({"name":"","version":"1","abi":"1.0","services":["s"]})") ==
        Errc::kPluginBadManifest);
  CHECK(code_of(R"({"name":"a b","version":"1","abi":"1.0","services":["s"]})") ==
        Errc::kPluginBadManifest);
  CHECK(code_of(R"({"name":"m","version":1,"abi":"1.0","services":["s"]})") ==
        Errc::kPluginBadManifest);
  CHECK(code_of(R"({"name":"m","version":"1","abi":"one","services":["s"]})") ==
        Errc::kPluginBadManifest);
  CHECK(code_of(R"({"name":"m","version":"1","abi":"1.0x","services":["s"]})") ==
        Errc::kPluginBadManifest);
  CHECK(code_of(R"({"name":"m","version":"1","abi":"1.0","services":[]})") ==
        Errc::kPluginBadManifest);
  CHECK(code_of(R"({"name":"m","version":"1","abi":"1.0","services":["s","s"]})") ==
        Errc::kPluginBadManifest);
  CHECK(code_of(R"({"name":"m","version":"1","abi":"1.0","services":["s"],"wants":3})") ==
        Errc::kPluginBadManifest);
  CHECK(code_of(std::string(kMaxManifest + 1, '[')) == Errc::kPluginBadManifest);
  CHECK(code_of(std::string(10000, '[')) == Errc::kPluginBadManifest);
}
