#include "sealing/join.h"

#include <algorithm>
#include <runar/cbor.hpp>
#include <unordered_map>

#include <runar/plugin.h>

#include "sealing/field_path.h"

namespace runard::sealing {

using runar::cbor::Container;
using runar::cbor::Kind;
using runar::cbor::Reader;

namespace {

struct Known {
  core::ByteView value;
  const std::vector<std::string_view>* labels = nullptr;
};
using ByPath = std::unordered_map<std::string_view, Known>;

class Walk {
 public:
  Walk(core::ByteView clear, ByPath& fields, core::Bytes& out)
      : clear_(clear), reader_(clear), fields_(fields), out_(out) {}

  bool run() {
    visit();
    out_.insert(out_.end(), clear_.begin() + static_cast<std::ptrdiff_t>(copied_), clear_.end());
    return good_ && reader_.ok() && fields_.empty();
  }

 private:
  void visit();
  void visit_mark(std::size_t begin);

  const core::ByteView clear_;
  Reader reader_;
  ByPath& fields_;
  core::Bytes& out_;
  FieldPath path_;
  std::size_t copied_ = 0;
  std::string scratch_;
  bool good_ = true;
};

// Recursive: the opener has checked the depth.
void Walk::visit() {
  while (reader_.peek() == Kind::kTag) {
    const std::size_t begin = reader_.offset();
    if (reader_.tag() == RUNAR_CBOR_TAG_REDACTED) {
      return visit_mark(begin);
    }
  }
  if (reader_.peek() == Kind::kArray) {
    Container list = reader_.array();
    for (std::size_t i = 0; reader_.more(list); ++i) {
      const std::size_t before = path_.index(i);
      visit();
      path_.back(before);
    }
  } else if (reader_.peek() == Kind::kMap) {
    Container map = reader_.map();
    while (reader_.more(map)) {
      if (reader_.peek() != Kind::kText) {
        reader_.skip();
        reader_.skip();
        continue;
      }
      const std::size_t before = path_.key(reader_.text(scratch_));
      visit();
      path_.back(before);
    }
  } else {
    reader_.skip();
  }
}

// `begin`: where its tag begins.
void Walk::visit_mark(std::size_t begin) {
  std::vector<std::string_view> labels;
  if (reader_.peek() == Kind::kArray) {
    Container list = reader_.array();
    while (reader_.more(list)) {
      if (reader_.peek() == Kind::kText) {
        labels.push_back(reader_.text(scratch_));
      } else {
        reader_.skip();
      }
    }
  } else {
    reader_.skip();
  }
  const auto at = fields_.find(path_.text());
  if (at == fields_.end()) {
    return;
  }
  good_ = good_ && *at->second.labels == labels;
  out_.insert(out_.end(), clear_.begin() + static_cast<std::ptrdiff_t>(copied_),
              clear_.begin() + static_cast<std::ptrdiff_t>(begin));
  out_.insert(out_.end(), at->second.value.begin(), at->second.value.end());
  copied_ = reader_.offset();
  fields_.erase(at);
}

}  // namespace

core::Result<core::Bytes> join(const envelope::Opened& opened) {
  core::Error wrong = core::fail(core::Errc::kEnvelopeFields, "fields without a place");
  if (opened.clear.size() != 1 || opened.clear.front().path != kRootPath) {
    return wrong;
  }
  const core::ByteView clear = opened.clear.front().value;
  ByPath fields;
  std::size_t size = clear.size();
  for (const envelope::OpenedGroup& group : opened.groups) {
    if (group.fields) {
      for (const envelope::Field& field : *group.fields) {
        fields.emplace(field.path, Known{field.value, &group.labels});
        size += field.value.size();
      }
    }
  }
  core::Bytes value;
  if (fields.empty()) {
    value.assign(clear.begin(), clear.end());
    return value;
  }
  value.reserve(size);
  if (!Walk(clear, fields, value).run()) {
    return wrong;
  }
  return value;
}

}  // namespace runard::sealing
