#include "sealing/split.h"

#include <runar/cbor.hpp>

#include <runar/plugin.h>

#include "envelope/fields.h"
#include "sealing/canonical.h"
#include "sealing/field_path.h"

namespace runard::sealing {

using core::Errc;
using runar::cbor::Container;
using runar::cbor::Kind;
using runar::cbor::Reader;

namespace {

core::Error bad(Errc code, const Type& type, std::string why) {
  return core::fail(code, type.name + ": " + std::move(why), core::Executed::kNo);
}

class Walk {
 public:
  Walk(const Type& type, core::ByteView cbor, Split& out)
      : type_(type), cbor_(cbor), reader_(cbor), out_(out) {}

  core::Result<void> run();

 private:
  bool visit(const Shape& shape);
  bool visit_private(const Shape& shape);
  bool visit_map(const Shape& shape);
  bool visit_list(const Shape& shape);
  bool skip() {
    reader_.skip();
    return true;
  }
  bool fail(Errc code, std::string why) {
    code_ = code;
    why_ = std::move(why);
    return false;
  }

  const Type& type_;
  const core::ByteView cbor_;
  Reader reader_;
  Split& out_;
  FieldPath path_;
  std::size_t depth_ = 0;
  std::size_t copied_ = 0;  // so much of the value is in out_.clear, as itself or as a mark
  std::string scratch_;
  Errc code_{};
  std::string why_;
};

// Recursive: only as deep as the shape.
bool Walk::visit(const Shape& shape) {
  if (shape.is_private()) {
    return visit_private(shape);
  }
  while (reader_.peek() == Kind::kTag) {
    if (reader_.tag() == RUNAR_CBOR_TAG_REDACTED) {
      return skip();
    }
  }
  const Kind kind = reader_.peek();
  if (kind == Kind::kMap && (!shape.members.empty() || shape.others != nullptr)) {
    return visit_map(shape);
  }
  if (kind == Kind::kArray && shape.items != nullptr) {
    return visit_list(shape);
  }
  if (kind == Kind::kNull || kind == Kind::kUndefined || shape.may_differ) {
    return skip();
  }
  return fail(Errc::kNotOfItsType,
              std::string(path_.text()) + " is no " + (shape.items != nullptr ? "list" : "map"));
}

bool Walk::visit_private(const Shape& shape) {
  const std::size_t begin = reader_.offset();
  Reader probe = reader_;
  if (probe.peek() == Kind::kTag && probe.tag() == RUNAR_CBOR_TAG_REDACTED) {
    return skip();
  }
  const core::ByteView value = reader_.raw();
  if (path_.text().size() > envelope::kMaxFieldPath) {
    return fail(Errc::kTooLarge, "the path of a private field");
  }
  out_.fields.push_back({shape.labels, std::string(path_.text()), value});
  const core::Bytes& mark = type_.redacted[shape.labels];
  out_.clear.insert(out_.clear.end(), cbor_.begin() + static_cast<std::ptrdiff_t>(copied_),
                    cbor_.begin() + static_cast<std::ptrdiff_t>(begin));
  out_.clear.insert(out_.clear.end(), mark.begin(), mark.end());
  copied_ = reader_.offset();
  return true;
}

bool Walk::visit_map(const Shape& shape) {
  const bool root = depth_++ == 0;
  Container map = reader_.map();
  while (reader_.more(map)) {
    if (reader_.peek() != Kind::kText) {
      reader_.skip();
      reader_.skip();
      continue;
    }
    const std::string_view key = reader_.text(scratch_);
    if (root && key == type_.owner && reader_.peek() == Kind::kText) {
      Reader probe = reader_;
      std::string unused;
      out_.owner = core::ProfileId::parse(probe.text(unused)).value_or(core::ProfileId{});
    }
    const auto member = shape.members.find(key);
    const Shape* inner = member != shape.members.end() ? member->second.get() : shape.others.get();
    if (inner == nullptr) {
      reader_.skip();
      continue;
    }
    const std::size_t before = path_.key(key);
    if (!visit(*inner)) {
      return false;
    }
    path_.back(before);
  }
  --depth_;
  return true;
}

bool Walk::visit_list(const Shape& shape) {
  ++depth_;
  Container list = reader_.array();
  for (std::size_t i = 0; reader_.more(list); ++i) {
    const std::size_t before = path_.index(i);
    if (!visit(*shape.items)) {
      return false;
    }
    path_.back(before);
  }
  --depth_;
  return true;
}

core::Result<void> Walk::run() {
  out_.clear.reserve(cbor_.size() + 64);
  if (!visit(type_.root)) {
    return bad(code_, type_, why_);
  }
  if (!reader_.ok()) {
    return bad(Errc::kNotOfItsType, type_, runar::cbor::describe(reader_.error()));
  }
  out_.clear.insert(out_.clear.end(), cbor_.begin() + static_cast<std::ptrdiff_t>(copied_),
                    cbor_.end());
  return {};
}

}  // namespace

core::Result<Split> split(const Type& type, core::ByteView cbor) {
  Split out;
  if (!envelope::is_canonical(cbor, kMaxValueDepth)) {
    auto made = canonical(cbor);
    if (!made) {
      return bad(Errc::kNotOfItsType, type, "the payload is no CBOR, or nested too deeply");
    }
    out.canonical = std::move(*made);
    cbor = out.canonical;
  }
  if (auto walked = Walk(type, cbor, out).run(); !walked) {
    return walked.error();
  }
  return out;
}

}  // namespace runard::sealing
