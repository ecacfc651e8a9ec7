// What the test host remembers and hands out: replies, published events, calls, log lines.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <runar/options.hpp>
#include <runar/payload.hpp>

namespace runar::testing {

using Metadata = std::vector<std::pair<std::string, std::string>>;

inline std::vector<runar_kv> lend(const Metadata& meta) {
  std::vector<runar_kv> list;
  for (const auto& [key, value] : meta) {
    list.push_back({detail::str(key), detail::str(value)});
  }
  return list;
}

// Bytes with an encoding, copied out of the host's hands.
struct Body {
  Bytes bytes{};
  std::uint32_t encoding = RUNAR_ENC_CBOR;

  static Body copy(const runar_payload& payload) {
    const auto view = detail::view(payload.bytes);
    return {Bytes(view.begin(), view.end()), payload.encoding};
  }
  template <class T>
  static Body of(const T& value) {
    if constexpr (std::is_same_v<T, Body>) {
      return value;
    } else {
      cbor::Writer writer;
      Codec<T>::write(writer, value);
      return {Bytes(writer.bytes().begin(), writer.bytes().end()), RUNAR_ENC_CBOR};
    }
  }
  static Body json(std::string_view text) {
    return {Bytes(text.begin(), text.end()), RUNAR_ENC_JSON};
  }
  runar_payload lend() const { return {{bytes.data(), bytes.size()}, nullptr, 0, encoding, 0}; }
  template <class T>
  T as() const {
    return detail::decode<T>(lend());
  }
  // CBOR shown as JSON, other encodings as they are; what is wrong where it is not CBOR.
  std::string show() const {
    if (encoding != RUNAR_ENC_CBOR) {
      return std::string(bytes.begin(), bytes.end());
    }
    std::string text;
    const std::string problem = cbor_to_json(bytes, text);
    return problem.empty() ? text : problem;
  }
};

struct Reply {
  runar_status status = RUNAR_OK;
  std::string message{};
  Body body{};
  std::uint32_t executed = RUNAR_EXECUTED_YES;

  bool ok() const { return status == RUNAR_OK; }
  template <class T>
  static Reply of(const T& value) {
    return {RUNAR_OK, {}, Body::of(value), RUNAR_EXECUTED_YES};
  }
  static Reply error(runar_status status, std::string message) {
    return {status, std::move(message), {}, RUNAR_EXECUTED_NO};
  }
  // Throws Error when the call failed.
  template <class T>
  T as() const {
    if (!ok()) {
      throw Error(status, message, static_cast<Executed>(executed));
    }
    return body.as<T>();
  }
};

// A publish() of a service.
struct Published {
  std::string topic{};  // "main:math/result"
  Body body{};
  std::uint32_t flags = 0;  // RUNAR_PUB_*
  std::int64_t retain_ns = 0;
  std::string target{};
  Metadata meta{};
  std::string owner_profile{};
  std::vector<std::string> recipients{};
  std::string by{};  // instance
};

// A call() of a service.
struct Called {
  std::string path{};  // "main:users/42"
  Body body{};
  std::uint32_t flags = 0;  // RUNAR_CALL_*
  std::int64_t deadline_ns = 0;
  runar_id parent = 0;
  std::string target{};
  Metadata meta{};
  std::vector<std::string> recipients{};
  std::string by{};
};

struct LogLine {
  std::int32_t level = 0;
  std::string text{};
  Metadata fields{};
  runar_id request = 0;
  std::string by{};
};

inline Metadata copy_meta(const runar_kv* list, std::size_t size) {
  Metadata copied;
  for (std::size_t i = 0; i < size; ++i) {
    copied.emplace_back(detail::view(list[i].key), detail::view(list[i].value));
  }
  return copied;
}

inline std::vector<std::string> copy_texts(const runar_str* list, std::size_t size) {
  std::vector<std::string> copied;
  for (std::size_t i = 0; i < size; ++i) {
    copied.emplace_back(detail::view(list[i]));
  }
  return copied;
}

// An error's text as the daemon takes it: cut between two characters at 4096 bytes, and '?' for
// each byte that is not UTF-8.
inline std::string copy_message(runar_str given) {
  constexpr std::size_t kMost = 4096;
  std::string text(detail::view(given).substr(0, kMost));
  for (std::size_t at = 0; at < text.size();) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(given.ptr) + at;
    const std::size_t size = cbor::detail::utf8_sequence(bytes, given.len - at);
    if (at + size > kMost) {
      text.resize(at);
    } else if (size == 0) {
      text[at] = '?';
    }
    at += std::max<std::size_t>(size, 1);
  }
  return text;
}

// As the daemon does: 16 ids at most, each of 16 bytes in base32hex.
inline runar_status check_recipients(const runar_str* list, std::size_t size) {
  constexpr std::size_t kMost = 16;
  if (size > kMost) {
    return RUNAR_E_TOO_LARGE;
  }
  for (std::size_t i = 0; i < size; ++i) {
    const std::string_view id = list == nullptr ? std::string_view() : detail::view(list[i]);
    if (id.size() != 26 ||
        id.find_first_not_of("0123456789abcdefghijklmnopqrstuv") != std::string_view::npos ||
        std::string_view("048cgkos").find(id.back()) == std::string_view::npos) {
      return RUNAR_E_INVALID;
    }
  }
  return RUNAR_OK;
}

}  // namespace runar::testing
