#include "wire/statements.h"

#include <algorithm>

#include "wire/fields.h"

namespace runard::wire {
namespace {

StatementHead read_head(CborReader& in) {
  StatementHead head;
  in.map([&](std::uint64_t key) {
    if (key == 1) {
      head.key.kind = in.number();
    } else if (key == 2) {
      const auto subject = StatementSubject::from(in.bytes());
      if (subject) {
        head.key.subject = *subject;
      } else {
        in.fail();
      }
    } else if (key == 3) {
      head.generation = in.number();
    } else {
      in.skip();
    }
  });
  if (head.key.kind == 0) {
    in.fail();
  }
  return head;
}

void put(core::Bytes& out, const StatementKey& key, std::uint64_t generation) {
  Fields fields(out);
  fields.number(1, key.kind);
  if (!key.subject.is_zero()) {
    fields.key(2).bytes(key.subject.bytes);
  }
  fields.number(3, generation);
}

core::Result<std::vector<StatementHead>> decode(core::ByteView bytes, std::size_t most) {
  CborReader in(bytes);
  std::vector<StatementHead> heads;
  in.map([&](std::uint64_t key) {
    if (key == 1) {
      in.array(most, [&] { heads.push_back(read_head(in)); });
    } else {
      in.skip();
    }
  });
  if (!in.done()) {
    return core::fail(core::Errc::kMalformedFrame, "statements");
  }
  return heads;
}

}  // namespace

core::Bytes encode(const std::vector<StatementHead>& heads) {
  core::Bytes out;
  {
    Fields fields(out);
    const std::size_t count = std::min(heads.size(), kMaxStatementHeads);
    fields.key(1).array(count);
    for (std::size_t i = 0; i < count; ++i) {
      put(out, heads[i].key, heads[i].generation);
    }
  }
  return out;
}

core::Result<std::vector<StatementHead>> decode_statement_heads(core::ByteView bytes) {
  return decode(bytes, kMaxStatementHeads);
}

core::Bytes encode(const std::vector<StatementKey>& pulls) {
  core::Bytes out;
  {
    Fields fields(out);
    const std::size_t count = std::min(pulls.size(), kMaxStatementPulls);
    fields.key(1).array(count);
    for (std::size_t i = 0; i < count; ++i) {
      put(out, pulls[i], 0);
    }
  }
  return out;
}

core::Result<std::vector<StatementKey>> decode_statement_pulls(core::ByteView bytes) {
  const auto heads = decode(bytes, kMaxStatementPulls);
  if (!heads) {
    return heads.error();
  }
  std::vector<StatementKey> keys;
  for (const StatementHead& head : *heads) {
    keys.push_back(head.key);
  }
  return keys;
}

}  // namespace runard::wire
