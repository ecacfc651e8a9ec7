// The note reader of manifest.h. Source: the ELF-64 object file format (elf(5)).
#include <elf.h>

#include <cstring>
#include <optional>

#include "plugin_host/manifest.h"
#include "runar/plugin.h"

namespace runard::plugin_host {
namespace {

using core::ByteView;
using core::Errc;

core::Error bad(std::string what) {
  return core::fail(Errc::kPluginBadManifest, std::move(what));
}

// A part of the file, or nothing when it does not lie inside.
std::optional<ByteView> slice(ByteView file, std::uint64_t offset, std::uint64_t size) {
  if (offset > file.size() || size > file.size() - offset) {
    return std::nullopt;
  }
  return file.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
}

// The n-th entry of a table of headers.
template <class Header>
std::optional<Header> entry(ByteView file, std::uint64_t table, std::uint16_t n) {
  const auto bytes = table > file.size()
                         ? std::nullopt
                         : slice(file, table + std::uint64_t{n} * sizeof(Header), sizeof(Header));
  if (!bytes) {
    return std::nullopt;
  }
  Header header{};
  std::memcpy(&header, bytes->data(), sizeof header);
  return header;
}

constexpr int kMaxNotes = 4096;

constexpr std::uint64_t padded(std::uint64_t size) {
  return (size + 3) & ~std::uint64_t{3};
}

// Walks the notes of one segment or section. Segments that hold larger alignment pad differently;
// our note asks for four, as the macro says.
// `budget` bounds the work over all segments, which a hostile file may let overlap.
std::optional<std::string> find_in_notes(ByteView notes, int& budget) {
  while (notes.size() >= sizeof(Elf64_Nhdr) && budget-- > 0) {
    Elf64_Nhdr header;
    std::memcpy(&header, notes.data(), sizeof header);
    const std::uint64_t name_at = sizeof header;
    const std::uint64_t text_at = name_at + padded(header.n_namesz);
    const auto name = slice(notes, name_at, header.n_namesz);
    const auto text = slice(notes, text_at, header.n_descsz);
    if (!name || !text) {
      return std::nullopt;
    }
    if (header.n_type == RUNAR_NOTE_MANIFEST &&
        core::as_text(*name) == std::string_view("Runar\0", 6)) {
      std::string_view json = core::as_text(*text);
      return std::string(json.substr(0, json.find('\0')));
    }
    const std::uint64_t next = text_at + padded(header.n_descsz);
    notes = next >= notes.size() ? ByteView{} : notes.subspan(static_cast<std::size_t>(next));
  }
  return std::nullopt;
}

constexpr std::uint16_t this_machine() {
#if defined(__x86_64__)
  return EM_X86_64;
#elif defined(__aarch64__)
  return EM_AARCH64;
#elif defined(__riscv)
  return EM_RISCV;
#else
  return EM_NONE;
#endif
}

core::Result<Elf64_Ehdr> read_header(ByteView file) {
  const auto header = entry<Elf64_Ehdr>(file, 0, 0);
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) {
    return bad("it is not an ELF file");
  }
  if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB) {
    return bad("it is not a 64-bit little-endian ELF file");
  }
  if (header->e_type != ET_DYN) {
    return bad("it is not a shared library");
  }
  if (header->e_machine != this_machine()) {
    return core::fail(Errc::kPluginIncompatible, "it is built for another kind of processor");
  }
  return *header;
}

struct Table {
  std::uint64_t offset;
  std::uint16_t entry_size;
  std::uint16_t entries;
};

std::optional<ByteView> notes_of(ByteView file, const Elf64_Phdr& segment) {
  return segment.p_type == PT_NOTE ? slice(file, segment.p_offset, segment.p_filesz) : std::nullopt;
}

std::optional<ByteView> notes_of(ByteView file, const Elf64_Shdr& section) {
  return section.sh_type == SHT_NOTE ? slice(file, section.sh_offset, section.sh_size)
                                     : std::nullopt;
}

template <class Header>
std::optional<std::string> find_in_all(ByteView file, const Table& table) {
  int budget = kMaxNotes;
  for (std::uint16_t n = 0; table.entry_size == sizeof(Header) && n < table.entries; ++n) {
    const auto header = entry<Header>(file, table.offset, n);
    const auto notes = header ? notes_of(file, *header) : std::nullopt;
    if (auto found = notes ? find_in_notes(*notes, budget) : std::nullopt) {
      return found;
    }
  }
  return std::nullopt;
}

}  // namespace

core::Result<std::string> find_manifest_note(ByteView file) {
  if (file.size() > kMaxPluginFile) {
    return bad("it is larger than 64 MiB");
  }
  const auto header = read_header(file);
  if (!header) {
    return header.error();
  }
  auto found =
      find_in_all<Elf64_Phdr>(file, {header->e_phoff, header->e_phentsize, header->e_phnum});
  if (!found) {
    found = find_in_all<Elf64_Shdr>(file, {header->e_shoff, header->e_shentsize, header->e_shnum});
  }
  if (!found) {
    return bad("it has no .note.runar");
  }
  if (found->size() > kMaxManifest) {
    return bad("its manifest is larger than 64 KiB");
  }
  return std::move(*found);
}

}  // namespace runard::plugin_host
