// Payload: bytes with an encoding that own themselves; decode and encode between payloads and
// types.
#pragma once

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include <runar/cbor_json.hpp>
#include <runar/error.hpp>
#include <runar/struct_codec.hpp>

namespace runar {

enum class Encoding : std::uint32_t {
  kRaw = RUNAR_ENC_RAW,
  kCbor = RUNAR_ENC_CBOR,
  kJson = RUNAR_ENC_JSON,
  kText = RUNAR_ENC_TEXT
};

// Either holds a reference to the host's buffer or a copy. Moving is cheap; copies are not made.
class Payload {
 public:
  Payload() = default;
  Payload(Bytes bytes, Encoding encoding) : own_(std::move(bytes)), encoding_(encoding) {}
  static Payload text(std::string_view text) {
    return {Bytes(text.begin(), text.end()), Encoding::kText};
  }
  static Payload json(std::string_view text) {
    return {Bytes(text.begin(), text.end()), Encoding::kJson};
  }
  template <class T>
  static Payload cbor(const T& value) {
    cbor::Writer writer;
    Codec<T>::write(writer, value);
    return {Bytes(writer.bytes().begin(), writer.bytes().end()), Encoding::kCbor};
  }
  // Keeps what the host lent: by reference where it can be, else by copy.
  static Payload keep(const runar_payload& lent) {
    Payload kept;
    kept.encoding_ = static_cast<Encoding>(lent.encoding);
    kept.type_ = lent.type_id;
    if (lent.buf != nullptr) {
      detail::host->buf_retain(lent.buf);
      kept.buffer_.reset(lent.buf);
      kept.shared_ = detail::view(lent.bytes);
    } else {
      const auto bytes = detail::view(lent.bytes);
      kept.own_.assign(bytes.begin(), bytes.end());
    }
    return kept;
  }

  std::span<const std::uint8_t> bytes() const {
    return buffer_ ? shared_ : std::span<const std::uint8_t>(own_);
  }
  std::string_view as_text() const {
    return {reinterpret_cast<const char*>(bytes().data()), bytes().size()};
  }
  Encoding encoding() const { return encoding_; }
  // What Lifecycle::declare_type gave, on this node or the sender's; 0: none.
  std::uint64_t type() const { return type_; }
  Payload of_type(std::uint64_t id) && {
    type_ = id;
    return std::move(*this);
  }
  // For host calls; borrows from this.
  runar_payload lend() const {
    return {{bytes().data(), bytes().size()},
            buffer_.get(),
            type_,
            static_cast<std::uint32_t>(encoding_),
            0};
  }
  // Throws Error(RUNAR_E_INVALID) that names what does not fit.
  template <class T>
  T as() const;

 private:
  struct Release {
    void operator()(runar_buf* buffer) const { detail::host->buf_release(buffer); }
  };
  Bytes own_;
  std::unique_ptr<runar_buf, Release> buffer_;
  std::span<const std::uint8_t> shared_;
  Encoding encoding_ = Encoding::kRaw;
  std::uint64_t type_ = 0;
};

namespace detail {

template <class T>
T decode_cbor(std::span<const std::uint8_t> bytes) {
  Decoder from(bytes);
  T out{};
  if (from.read(out)) {
    from.reader().expect_end();
  }
  if (!from.reader().ok()) {
    throw Error(RUNAR_E_INVALID, from.message(), Executed::kNo);
  }
  return out;
}

// What a payload without bytes means: nothing, or a map in which all fields are absent.
inline constexpr std::uint8_t kEmptyMap[] = {0xA0};
inline constexpr std::uint8_t kNull[] = {0xF6};

template <class T>
T decode(const runar_payload& payload) {
  const auto bytes = view(payload.bytes);
  if constexpr (std::is_same_v<T, Payload>) {
    return Payload::keep(payload);
  } else if (payload.encoding == RUNAR_ENC_JSON) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    cbor::Writer writer;
    if (const auto problem = json_to_cbor(text, writer); !problem.empty()) {
      throw Error(RUNAR_E_INVALID, problem, Executed::kNo);
    }
    return decode_cbor<T>(writer.bytes());
  } else if (bytes.empty()) {
    return decode_cbor<T>(HasFields<T> ? std::span(kEmptyMap) : std::span(kNull));
  } else if (payload.encoding == RUNAR_ENC_CBOR) {
    return decode_cbor<T>(bytes);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return std::string(bytes.begin(), bytes.end());
  } else if constexpr (std::is_same_v<T, Bytes>) {
    return Bytes(bytes.begin(), bytes.end());
  } else {
    throw Error(RUNAR_E_INVALID, "expected CBOR or JSON", Executed::kNo);
  }
}

// "profiles::Profile"
template <class T>
constexpr std::string_view type_name() {
  const std::string_view all = __PRETTY_FUNCTION__;
  const std::size_t begin = all.find("T = ") + 4;
  return all.substr(begin, all.find_first_of(";]", begin) - begin);
}

std::uint64_t declare(runar_ctx* ctx, std::string_view name, const std::string& schema);

// The id of a type with private fields, which is declared once for all; 0 for any other.
template <class T>
std::uint64_t type_id(runar_ctx* ctx) {
  constexpr bool kPlain = std::is_void_v<T> || std::is_arithmetic_v<T> || std::is_array_v<T>;
  if constexpr (kPlain || std::is_same_v<T, Payload> ||
                std::is_convertible_v<std::add_const_t<T>, std::string_view>) {
    return 0;
  } else {
    static const std::uint64_t id = [ctx] {
      std::string schema;
      Codec<T>::schema(schema);
      return schema.find("\"x-runar-label\"") == std::string::npos
                 ? 0
                 : declare(ctx, type_name<T>(), schema);
    }();
    return id;
  }
}

// Throws Error when the host refuses the type: its fields would not be private.
inline std::uint64_t declare(runar_ctx* ctx, std::string_view name, const std::string& schema) {
  auto record = sized<runar_type>();
  record.name = str(name);
  record.schema = str(schema);
  std::uint64_t id = 0;
  check(host->declare_type(ctx, &record, &id), name);
  return id;
}

// A value on its way to the host. Small ones are lent from the writer's own space; what grew onto
// the heap is handed over instead of copied.
class Encoded {
 public:
  template <class T>
  Encoded(runar_ctx* ctx, const T& value) {
    if constexpr (std::is_same_v<T, Payload>) {
      payload_ = value.lend();
    } else {
      if constexpr (std::is_convertible_v<const T&, std::string_view>) {
        writer_.text(std::string_view(value));  // literals and views too
      } else {
        Codec<T>::write(writer_, value);
      }
      wrap(ctx, type_id<std::remove_cvref_t<T>>(ctx));
    }
  }
  Encoded(const Encoded&) = delete;
  Encoded& operator=(const Encoded&) = delete;
  ~Encoded() {
    if (owned_ != nullptr) {
      host->buf_release(owned_);
    }
  }
  const runar_payload& payload() const { return payload_; }

 private:
  void wrap(runar_ctx* ctx, std::uint64_t type) {
    const std::size_t size = writer_.size();
    std::uint8_t* heap = writer_.release();
    if (heap != nullptr) {
      owned_ = host->buf_wrap(ctx, {heap, size}, [](void* block) { std::free(block); }, heap);
      if (owned_ == nullptr) {
        std::free(heap);
        throw std::bad_alloc();
      }
    }
    payload_ = {
        {heap != nullptr ? heap : writer_.bytes().data(), size}, owned_, type, RUNAR_ENC_CBOR, 0};
  }
  cbor::Writer writer_;
  runar_buf* owned_ = nullptr;
  runar_payload payload_{};
};

}  // namespace detail

template <class T>
T Payload::as() const {
  return detail::decode<T>(lend());
}

template <class T>
std::string schema_of() {
  std::string text;
  if constexpr (!std::is_void_v<T> && !std::is_same_v<T, Payload>) {
    Codec<T>::schema(text);
  }
  return text;
}

}  // namespace runar
