// Value: one setting of a Config, as text. A codec bound to the field that it reads and writes.
// Made on the stack while a Visitor passes by; field and codec outlive it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/codec.h"

namespace runard::config {

// {"anyOf": [{"const": word}, other]}
boost::json::object word_or(std::string_view word, boost::json::object other);

class Value {
 public:
  virtual ~Value() = default;
  // On a complaint the field is unchanged.
  virtual std::optional<Complaint> set(const Scalar& scalar) = 0;
  virtual std::string text() const = 0;
  virtual boost::json::value json() const = 0;
  virtual std::string type() const = 0;
  virtual boost::json::object schema() const = 0;
};

template <class T>
class Bound final : public Value {
 public:
  Bound(T& field, const Codec<T>& codec) : field_(field), codec_(codec) {}

  std::optional<Complaint> set(const Scalar& scalar) override {
    auto parsed = codec_.parse(scalar);
    if (!parsed) {
      return parsed.error();
    }
    field_ = std::move(*parsed);
    return std::nullopt;
  }
  std::string text() const override { return codec_.text(field_); }
  boost::json::value json() const override { return codec_.json(field_); }
  std::string type() const override { return codec_.type(); }
  boost::json::object schema() const override { return codec_.schema(); }

 private:
  T& field_;
  const Codec<T>& codec_;
};

// A word ("auto", "off") for an unset field, or what the codec takes.
template <class T>
class BoundOr final : public Value {
 public:
  BoundOr(std::optional<T>& field, std::string_view word, const Codec<T>& codec)
      : field_(field), word_(word), codec_(codec) {}

  std::optional<Complaint> set(const Scalar& scalar) override {
    if (scalar.text == word_) {
      field_.reset();
      return std::nullopt;
    }
    auto parsed = codec_.parse(scalar);
    if (!parsed) {
      Complaint complaint = parsed.error();
      complaint.instead += ", or " + std::string(word_);
      return complaint;
    }
    field_ = std::move(*parsed);
    return std::nullopt;
  }
  std::string text() const override { return field_ ? codec_.text(*field_) : std::string(word_); }
  boost::json::value json() const override {
    return field_ ? codec_.json(*field_) : boost::json::value(word_);
  }
  std::string type() const override { return std::string(word_) + " | " + codec_.type(); }
  boost::json::object schema() const override { return word_or(word_, codec_.schema()); }

 private:
  std::optional<T>& field_;
  const std::string_view word_;
  const Codec<T>& codec_;
};

// A list of what one codec takes.
class ValueList {
 public:
  virtual ~ValueList() = default;
  virtual void clear() = 0;
  virtual std::optional<Complaint> append(const Scalar& scalar) = 0;
  virtual std::vector<std::string> texts() const = 0;
  virtual std::string type() const = 0;  // of one item
  virtual boost::json::object schema() const = 0;
};

template <class T>
class BoundList final : public ValueList {
 public:
  BoundList(std::vector<T>& field, const Codec<T>& codec) : field_(field), codec_(codec) {}

  void clear() override { field_.clear(); }
  std::optional<Complaint> append(const Scalar& scalar) override {
    auto parsed = codec_.parse(scalar);
    if (!parsed) {
      return parsed.error();
    }
    field_.push_back(std::move(*parsed));
    return std::nullopt;
  }
  std::vector<std::string> texts() const override {
    std::vector<std::string> out;
    for (const T& item : field_) {
      out.push_back(codec_.text(item));
    }
    return out;
  }
  std::string type() const override { return codec_.type(); }
  boost::json::object schema() const override { return codec_.schema(); }

 private:
  std::vector<T>& field_;
  const Codec<T>& codec_;
};

// The word for an unset section or list ("off", "auto"); the section or list itself is visited
// elsewhere.
template <class T>
class UnsetWord final : public Value {
 public:
  UnsetWord(std::optional<T>& field, std::string_view word) : field_(field), word_(word) {}

  std::optional<Complaint> set(const Scalar& scalar) override {
    if (scalar.text != word_) {
      return Complaint{scalar.shown + " does not fit here", "write " + std::string(word_)};
    }
    field_.reset();
    return std::nullopt;
  }
  std::string text() const override { return field_ ? "" : std::string(word_); }
  boost::json::value json() const override { return boost::json::value(text()); }
  std::string type() const override { return std::string(word_); }
  boost::json::object schema() const override { return {{"const", word_}}; }

 private:
  std::optional<T>& field_;
  const std::string_view word_;
};

}  // namespace runard::config
