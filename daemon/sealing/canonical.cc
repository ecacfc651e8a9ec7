#include "sealing/canonical.h"

#include <runar/cbor.hpp>

#include "sealing/limits.h"

namespace runard::sealing {

using runar::cbor::Container;
using runar::cbor::Errc;
using runar::cbor::Head;
using runar::cbor::Kind;
using runar::cbor::MapWriter;
using runar::cbor::Reader;
using runar::cbor::Writer;

namespace {

void copy(Reader& in, Writer& out);

void copy_array(Reader& in, Writer& out) {
  Writer items;
  std::uint64_t count = 0;
  for (Container list = in.array(); in.more(list); ++count) {
    copy(in, items);
  }
  out.array(count);
  out.raw(items.bytes());
}

void copy_map(Reader& in, Writer& out) {
  Writer pairs;
  MapWriter map(pairs, 0);
  std::uint64_t count = 0;
  for (Container all = in.map(); in.more(all); ++count) {
    map.begin_key();
    copy(in, pairs);
    map.end_key();
    copy(in, pairs);
  }
  if (map.finish() != Errc::kOk) {
    in.fail(Errc::kDuplicateKey);
    return;
  }
  out.map(count);
  out.raw(pairs.bytes().subspan(1));  // after the count that `map` wrote: 0
}

void copy_scalar(Reader& in, Writer& out) {
  const Head head = in.head();
  switch (head.kind) {
    case Kind::kUnsigned:
      return out.unsigned_int(head.value);
    case Kind::kNegative:
      return out.negative(head.value);
    case Kind::kBool:
      return out.boolean(head.value != 0);
    case Kind::kNull:
      return out.null();
    case Kind::kUndefined:
      return out.undefined();
    case Kind::kFloat:
      return out.number(head.number);
    case Kind::kSimple:
      return out.simple(static_cast<std::uint8_t>(head.value));
    default:
      in.fail(Errc::kMalformed);
  }
}

// Recursive: the reader's depth bounds it. Tags are no depth: a loop takes them.
void copy(Reader& in, Writer& out) {
  std::string text;
  std::vector<std::uint8_t> bytes;
  while (in.peek() == Kind::kTag) {
    out.tag(in.tag());
  }
  switch (in.peek()) {
    case Kind::kArray:
      return copy_array(in, out);
    case Kind::kMap:
      return copy_map(in, out);
    case Kind::kText:
      return out.text(in.text(text));
    case Kind::kBytes:
      return out.bytes(in.bytes(bytes));
    default:
      return copy_scalar(in, out);
  }
}

}  // namespace

std::optional<core::Bytes> canonical(core::ByteView cbor) {
  runar::cbor::Limits limits;
  limits.max_depth = kMaxValueDepth;
  Reader in(cbor, limits);
  Writer out;
  copy(in, out);
  in.expect_end();
  if (!in.ok()) {
    return std::nullopt;
  }
  return core::Bytes(out.bytes().begin(), out.bytes().end());
}

}  // namespace runard::sealing
