#include "keys/member_book.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "identity/durable_file.h"

namespace runard::keys {
namespace {

using core::Errc;
using core::fail;

constexpr std::size_t kMaxFile = 16 * 1024 * 1024;

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value)
                                                                  : std::nullopt;
}

std::optional<crypto::AgreementPublicKey> public_key(std::string_view text) {
  std::array<std::uint8_t, 32> raw{};
  if (!core::parse_base32hex(text, raw)) {
    return std::nullopt;
  }
  auto key = crypto::AgreementPublicKey::from_raw(crypto::Kem::kX25519, raw);
  return key ? std::optional(*std::move(key)) : std::nullopt;
}

}  // namespace

bool MemberBook::read_line(std::string_view line) {
  const auto words = words_of(line);
  if (words.size() == 5 && words[0] == "key") {
    const auto node = core::NodeId::parse(words[1]);
    const auto version = number_of<std::uint32_t>(words[2]);
    const auto key = public_key(words[3]);
    const auto not_after = number_of<std::uint64_t>(words[4]);
    return node && version && key && not_after &&
           keys_.emplace(*node, Key{*version, *key, *not_after}).second;
  }
  if (words.size() == 3 && words[0] == "out") {
    const auto network = core::NetworkId::parse(words[1]);
    const auto node = core::NodeId::parse(words[2]);
    return network && node && out_.emplace(*network, *node).second;
  }
  return false;
}

core::Result<MemberBook> MemberBook::load(const std::filesystem::path& ca_folder) {
  MemberBook book(ca_folder / "members");
  const auto text = identity::read_file(book.file_, kMaxFile);
  if (!text) {
    return text.error().code == Errc::kNotFound ? core::Result<MemberBook>(std::move(book))
                                                : text.error();
  }
  std::string_view rest = *text;
  for (std::size_t line = 1; !rest.empty(); ++line) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos || !book.read_line(rest.substr(0, end))) {
      return fail(Errc::kIdentityUnreadable,
                  fmt::format("{}:{}: not a node's key", book.file_.string(), line));
    }
    rest.remove_prefix(end + 1);
  }
  return book;
}

core::Result<void> MemberBook::save(identity::Disk& disk) const {
  std::string text;
  for (const auto& [node, key] : keys_) {
    text += fmt::format("key {} {} {} {}\n", node.text(), key.version,
                        core::base32hex(key.key.raw()), key.not_after_ms);
  }
  for (const auto& [network, node] : out_) {
    text += fmt::format("out {} {}\n", network.text(), node.text());
  }
  return identity::write_durably(disk, file_, core::as_bytes(text), identity::kPublicMode);
}

core::Result<void> MemberBook::check(const AgreementRecord& record) const {
  const auto at = keys_.find(record.node);
  if (at != keys_.end() &&
      (at->second.version > record.version ||
       (at->second.version == record.version && !(at->second.key == record.key)))) {
    return fail(Errc::kConflict,
                fmt::format("node {} has version {} of its agreement key already, and a request "
                            "with an older or another one is not taken: 'runarctl key rotate' "
                            "there makes the next, until it is newer",
                            record.node.text(), at->second.version));
  }
  return {};
}

core::Result<void> MemberBook::put(const AgreementRecord& record) {
  if (auto good = check(record); !good) {
    return good;
  }
  keys_.insert_or_assign(record.node, Key{record.version, record.key, record.not_after_ms});
  return {};
}

const MemberBook::Key* MemberBook::find(const core::NodeId& node) const {
  const auto at = keys_.find(node);
  return at == keys_.end() ? nullptr : &at->second;
}

void MemberBook::put_out(const core::NetworkId& network, const core::NodeId& node) {
  out_.emplace(network, node);
}

void MemberBook::let_in(const core::NetworkId& network, const core::NodeId& node) {
  out_.erase({network, node});
}

bool MemberBook::is_out(const core::NetworkId& network, const core::NodeId& node) const {
  return out_.contains({network, node});
}

}  // namespace runard::keys
