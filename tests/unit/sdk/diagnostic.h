// Walks one CBOR item with cbor::Reader, shows it in diagnostic notation, and writes it again with
// cbor::Writer: what the vectors check both of them with.
#pragma once

#include <runar/cbor.hpp>
#include <string>

#include "support/hex.h"

namespace test {

class Diagnostic {
 public:
  explicit Diagnostic(std::span<const std::uint8_t> bytes, const runar::cbor::Limits& limits = {})
      : reader_(bytes, limits) {
    item();
    reader_.expect_end();
  }
  const std::string& text() const { return text_; }
  std::string rewritten() const { return runard::test::to_hex(writer_.bytes()); }
  runar::cbor::Errc error() const { return reader_.error(); }

 private:
  using Kind = runar::cbor::Kind;

  void item() {
    switch (reader_.peek()) {
      case Kind::kText: {
        std::string scratch;
        const std::string_view found = reader_.text(scratch);
        writer_.text(found);
        text_ += '"';
        for (const char c : found) {
          text_ += c == '"' || c == '\\' ? "\\" : "";
          text_ += c;
        }
        text_ += '"';
        break;
      }
      case Kind::kBytes: {
        std::vector<std::uint8_t> scratch;
        const auto found = reader_.bytes(scratch);
        writer_.bytes(found);
        text_ += "h'" + runard::test::to_hex(found) + "'";
        break;
      }
      case Kind::kArray:
        list();
        break;
      case Kind::kMap:
        map();
        break;
      case Kind::kTag: {
        const std::uint64_t tag = reader_.tag();
        writer_.tag(tag);
        text_ += std::to_string(tag) + "(";
        item();
        text_ += ")";
        break;
      }
      default:
        scalar(reader_.head());
    }
  }
  // The number of elements is known only afterwards, so they are written aside first.
  template <class Each>
  std::size_t elements(runar::cbor::Container container, Each&& each) {
    std::size_t count = 0;
    while (reader_.more(container)) {
      text_ += count++ == 0 ? "" : ", ";
      each();
    }
    return count;
  }
  std::size_t count_ahead() {
    runar::cbor::Reader probe = reader_;
    auto container = probe.peek() == Kind::kMap ? probe.map() : probe.array();
    std::size_t count = 0;
    while (probe.more(container)) {
      probe.skip();
      if (container.is_map) {
        probe.skip();
      }
      ++count;
    }
    return count;
  }
  void list() {
    writer_.array(count_ahead());
    text_ += "[";
    elements(reader_.array(), [this] { item(); });
    text_ += "]";
  }
  void map() {
    runar::cbor::MapWriter map(writer_, count_ahead());
    text_ += "{";
    elements(reader_.map(), [&] {
      map.begin_key();
      item();
      map.end_key();
      text_ += ": ";
      item();
    });
    text_ += "}";
    if (map.finish() != runar::cbor::Errc::kOk) {
      reader_.fail(runar::cbor::Errc::kDuplicateKey);
    }
  }
  void scalar(const runar::cbor::Head& head) {
    switch (head.kind) {
      case Kind::kUnsigned:
        writer_.unsigned_int(head.value);
        text_ += std::to_string(head.value);
        break;
      case Kind::kNegative:
        writer_.negative(head.value);
        text_ += head.value == UINT64_MAX ? "-18446744073709551616"
                                          : "-" + std::to_string(head.value + 1);
        break;
      case Kind::kBool:
        writer_.boolean(head.value == 1);
        text_ += head.value == 1 ? "true" : "false";
        break;
      case Kind::kNull:
        writer_.null();
        text_ += "null";
        break;
      case Kind::kUndefined:
        writer_.undefined();
        text_ += "undefined";
        break;
      case Kind::kSimple:
        writer_.simple(static_cast<std::uint8_t>(head.value));
        text_ += "simple(" + std::to_string(head.value) + ")";
        break;
      case Kind::kFloat:
        writer_.number(head.number);
        text_ += "float";
        number_ = head.number;
        break;
      default:
        break;
    }
  }

 public:
  double number() const { return number_; }

 private:
  runar::cbor::Reader reader_;
  runar::cbor::Writer writer_;
  std::string text_;
  double number_ = 0;
};

}  // namespace test
