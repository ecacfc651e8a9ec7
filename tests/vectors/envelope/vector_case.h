// VectorCase: an envelope, who opens it, and what comes of it, as the JSON of this folder has it.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "envelope/opener.h"

namespace runard::vectors {

using Fields = std::map<std::string, core::Bytes>;

// How many bytes in a row give the same verdict when they are changed.
struct Run {
  std::string verdict;
  std::size_t count = 0;
};

class VectorCase final : public envelope::KeyRing {
 public:
  static VectorCase from_json(const nlohmann::json& json);
  nlohmann::json to_json(const std::vector<int>& masks) const;

  // "ok", "redacted", "kek-unknown", "reject:REASON", or "altered" when other fields show than were
  // sealed.
  std::string verdict(core::ByteView bytes) const;
  std::vector<Run> verdicts_of_changes(int mask) const;

  std::shared_ptr<const crypto::AgreementPrivateKey> find(
      const envelope::KeyAddress& address) const override;
  std::shared_ptr<const crypto::PublicKey> signer(const core::NodeId& node,
                                                  const envelope::KeyId& id) const override;

  std::string name;
  crypto::Kem kem = crypto::Kem::kX25519;
  std::map<envelope::KeyAddress, std::shared_ptr<const crypto::AgreementPrivateKey>> keys;
  std::vector<std::pair<core::NodeId, std::shared_ptr<const crypto::PublicKey>>> signers;
  std::vector<int> suites{1, 2, 3};
  // What the envelope came with.
  std::optional<std::string> type;
  std::optional<core::NetworkId> network;
  std::optional<core::NodeId> peer;
  envelope::Kind kind = envelope::Kind::kRequest;
  std::string path;
  core::Bytes correlation;
  // What was sealed.
  Fields clear;
  std::vector<Fields> groups;
  core::Bytes bytes;
};

}  // namespace runard::vectors
