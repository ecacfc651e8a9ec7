// MemberBook: what a CA knows of its nodes for the networks' keyrings: the agreement key of each
// node, and which nodes were put out of a network. CA/members, one line each:
//
//   key NODE VERSION PUBLIC NOT_AFTER_MS       PUBLIC in base32hex
//   out NETWORK NODE
//
// Whoever writes holds the CA's lock. Errors: kIdentityUnreadable, kTooLarge, kSystem, kFileMode.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "core/ids.h"
#include "core/result.h"
#include "identity/disk.h"
#include "keys/agreement_record.h"

namespace runard::keys {

class MemberBook {
 public:
  struct Key {
    std::uint32_t version = 0;
    crypto::AgreementPublicKey key;
    std::uint64_t not_after_ms = 0;
    friend bool operator==(const Key&, const Key&) = default;
  };

  static core::Result<MemberBook> load(const std::filesystem::path& ca_folder);
  core::Result<void> save(identity::Disk& disk) const;

  // kConflict for a version below the one that is known, or the same one with another key.
  core::Result<void> check(const AgreementRecord& record) const;
  core::Result<void> put(const AgreementRecord& record);  // what check() lets through
  const Key* find(const core::NodeId& node) const;

  void put_out(const core::NetworkId& network, const core::NodeId& node);
  void let_in(const core::NetworkId& network, const core::NodeId& node);
  bool is_out(const core::NetworkId& network, const core::NodeId& node) const;

 private:
  explicit MemberBook(std::filesystem::path file) : file_(std::move(file)) {}
  bool read_line(std::string_view line);

  std::filesystem::path file_;
  std::map<core::NodeId, Key> keys_;
  std::set<std::pair<core::NetworkId, core::NodeId>> out_;
};

}  // namespace runard::keys
