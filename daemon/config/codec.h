// Codec: one kind of setting: its text to a value and back, and what it takes, in words for people
// and as JSON Schema for editors. Immutable values; the spans that a Choice holds are constants.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/quantity.h"
#include "config/suggest.h"
#include "config/text_rule.h"

namespace runard::config {

template <class T>
class Codec {
 public:
  using Type = T;
  virtual ~Codec() = default;
  virtual Parsed<T> parse(const Scalar& scalar) const = 0;
  virtual std::string text(const T& value) const = 0;
  // The text, or a number or boolean where that is how people write it.
  virtual boost::json::value json(const T& value) const { return boost::json::value(text(value)); }
  virtual std::string type() const = 0;  // "duration, 1ms to 1h"
  virtual boost::json::object schema() const = 0;
};

class Number final : public Codec<std::uint32_t> {
 public:
  Number(std::uint32_t min, std::uint32_t max) : min_(min), max_(max) {}
  Parsed<std::uint32_t> parse(const Scalar& scalar) const override;
  std::string text(const std::uint32_t& value) const override { return std::to_string(value); }
  boost::json::value json(const std::uint32_t& value) const override { return value; }
  std::string type() const override;
  boost::json::object schema() const override;

 private:
  const std::uint32_t min_;
  const std::uint32_t max_;
};

class Size final : public Codec<std::uint64_t> {
 public:
  Size(std::uint64_t min, std::uint64_t max) : min_(min), max_(max) {}
  Parsed<std::uint64_t> parse(const Scalar& scalar) const override;
  std::string text(const std::uint64_t& value) const override { return size_text(value); }
  boost::json::value json(const std::uint64_t& value) const override;
  std::string type() const override;
  boost::json::object schema() const override;

 private:
  const std::uint64_t min_;
  const std::uint64_t max_;
};

class Time final : public Codec<core::Duration> {
 public:
  Time(core::Duration min, core::Duration max) : min_(min), max_(max) {}
  Parsed<core::Duration> parse(const Scalar& scalar) const override;
  std::string text(const core::Duration& value) const override { return duration_text(value); }
  std::string type() const override;
  boost::json::object schema() const override;

 private:
  const core::Duration min_;
  const core::Duration max_;
};

class Text final : public Codec<std::string> {
 public:
  explicit Text(const TextRule& rule) : rule_(rule) {}
  Parsed<std::string> parse(const Scalar& scalar) const override;
  std::string text(const std::string& value) const override { return value; }
  std::string type() const override { return std::string(rule_.type); }
  boost::json::object schema() const override;

 private:
  const TextRule& rule_;
};

class Address final : public Codec<HostPort> {
 public:
  explicit Address(AddressUse use) : use_(use) {}
  Parsed<HostPort> parse(const Scalar& scalar) const override;
  std::string text(const HostPort& value) const override { return value.text(); }
  std::string type() const override;
  boost::json::object schema() const override;

 private:
  const AddressUse use_;
};

// true | false
class Flag final : public Codec<bool> {
 public:
  Parsed<bool> parse(const Scalar& scalar) const override;
  std::string text(const bool& value) const override { return value ? "true" : "false"; }
  boost::json::value json(const bool& value) const override { return value; }
  std::string type() const override { return "true | false"; }
  boost::json::object schema() const override;
};

enum class When : std::uint8_t { kNow, kLater };

template <class E>
struct Option {
  std::string_view text;
  E value;
  When when = When::kNow;
};

// What the words of a Choice have in common, whatever they stand for.
struct Words {
  std::vector<std::string> now;
  std::vector<std::string> later;
  std::string type() const;  // "open | pinned | signed"
  boost::json::object schema() const;
  Complaint unknown(const Scalar& scalar) const;
  Complaint too_early(const Scalar& scalar) const;
};

// One of some words.
template <class E>
class Choice final : public Codec<E> {
 public:
  explicit Choice(std::span<const Option<E>> options) : options_(options) {}

  Parsed<E> parse(const Scalar& scalar) const override {
    for (const Option<E>& option : options_) {
      if (option.text == scalar.text) {
        return option.when == When::kNow ? Parsed<E>(option.value) : words().too_early(scalar);
      }
    }
    return words().unknown(scalar);
  }
  std::string text(const E& value) const override {
    for (const Option<E>& option : options_) {
      if (option.value == value) {
        return std::string(option.text);
      }
    }
    return {};
  }
  std::string type() const override { return words().type(); }
  boost::json::object schema() const override { return words().schema(); }

 private:
  Words words() const {
    Words words;
    for (const Option<E>& option : options_) {
      (option.when == When::kNow ? words.now : words.later).emplace_back(option.text);
    }
    return words;
  }
  const std::span<const Option<E>> options_;
};

}  // namespace runard::config
