// The control frames by which statements of the mesh's CA travel, types 0x26, 0x28 and 0x2a; sent
// only to a peer whose hello has kFeatureStatements. Byte tables: README.md, "Statements".
//
// What a statement is does not matter here: it is bytes under {kind, subject}, of which the
// greatest generation counts. Pure functions over bytes. Decoders refuse with kMalformedFrame;
// unknown keys are skipped. The chunks of a statement are RowsChunks (sync.h).
#pragma once

#include <compare>
#include <vector>

#include "core/ids.h"
#include "core/result.h"

namespace runard::wire {

using StatementSubject = core::Id16<struct StatementSubjectTag>;

struct StatementKey {
  std::uint64_t kind = 0;  // identity::StatementKind; greater ones are a newer version's
  StatementSubject subject;
  friend auto operator<=>(const StatementKey&, const StatementKey&) = default;
};

struct StatementHead {
  StatementKey key;
  std::uint64_t generation = 0;
  friend auto operator<=>(const StatementHead&, const StatementHead&) = default;
};

inline constexpr std::size_t kMaxStatementHeads = 1024;
inline constexpr std::size_t kMaxStatementPulls = 64;

// "I have these." At most kMaxStatementHeads; more go in further frames.
core::Bytes encode(const std::vector<StatementHead>& heads);
core::Result<std::vector<StatementHead>> decode_statement_heads(core::ByteView bytes);

// "Send me these." None means: tell me again what you have. At most kMaxStatementPulls.
core::Bytes encode(const std::vector<StatementKey>& pulls);
core::Result<std::vector<StatementKey>> decode_statement_pulls(core::ByteView bytes);

}  // namespace runard::wire
