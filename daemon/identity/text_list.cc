#include "identity/text_list.h"

#include <fmt/format.h>
#include <openssl/asn1.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "core/check.h"
#include "crypto/openssl_error.h"

namespace runard::identity {
namespace {

using core::Errc;
using core::fail;

struct FreeSequence {
  void operator()(ASN1_SEQUENCE_ANY* sequence) const {
    sk_ASN1_TYPE_pop_free(sequence, ASN1_TYPE_free);
  }
};
using SequencePtr = std::unique_ptr<ASN1_SEQUENCE_ANY, FreeSequence>;

std::optional<std::string> text_of(const ASN1_TYPE* element) {
  if (ASN1_TYPE_get(element) != V_ASN1_UTF8STRING) {
    return std::nullopt;
  }
  const ASN1_UTF8STRING* text = element->value.utf8string;
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                     static_cast<std::size_t>(ASN1_STRING_length(text)));
}

core::Error bad(const TextList& list, std::string_view why) {
  return fail(Errc::kCertificateBadGroups, fmt::format("the certificate's {} {}", list.what, why));
}

}  // namespace

core::Result<std::vector<std::string>> checked_list(
    std::vector<std::string> texts, const TextList& list,
    core::Result<void> (*check)(const std::string&)) {
  std::ranges::sort(texts);
  const auto doubles = std::ranges::unique(texts);
  texts.erase(doubles.begin(), doubles.end());
  if (texts.size() > list.most) {
    return fail(Errc::kInvalidArgument,
                fmt::format("a node has at most {} {}", list.most, list.what));
  }
  for (const std::string& text : texts) {
    if (auto good = check(text); !good) {
      return good.error();
    }
  }
  return texts;
}

core::Bytes encode_list(const std::vector<std::string>& texts) {
  const SequencePtr sequence(sk_ASN1_TYPE_new_null());
  RUNARD_CHECK(sequence != nullptr);
  for (const std::string& one : texts) {
    ASN1_UTF8STRING* text = ASN1_UTF8STRING_new();
    ASN1_TYPE* element = ASN1_TYPE_new();
    RUNARD_CHECK(text != nullptr && element != nullptr);
    RUNARD_CHECK(ASN1_STRING_set(text, one.data(), static_cast<int>(one.size())) == 1);
    ASN1_TYPE_set(element, V_ASN1_UTF8STRING, text);
    RUNARD_CHECK(sk_ASN1_TYPE_push(sequence.get(), element) > 0);
  }
  unsigned char* der = nullptr;
  const int size = i2d_ASN1_SEQUENCE_ANY(sequence.get(), &der);
  core::Bytes bytes(der, der + std::max(size, 0));
  OPENSSL_free(der);
  return bytes;
}

core::Result<std::vector<std::string>> parse_list(core::ByteView der, const TextList& list) {
  const crypto::ErrorScope errors;
  const unsigned char* at = der.data();
  const SequencePtr sequence(d2i_ASN1_SEQUENCE_ANY(nullptr, &at, static_cast<long>(der.size())));
  if (!sequence) {
    return bad(list, "are not a sequence");
  }
  const int count = sk_ASN1_TYPE_num(sequence.get());
  if (count < 1 || static_cast<std::size_t>(count) > list.most) {
    return bad(list, fmt::format("are {}, 1 to {} are taken", count, list.most));
  }
  std::vector<std::string> texts;
  for (int i = 0; i < count; ++i) {
    auto text = text_of(sk_ASN1_TYPE_value(sequence.get(), i));
    if (!text) {
      return bad(list, "are not all text");
    }
    texts.push_back(std::move(*text));
  }
  // What a CA writes has one form only; so nothing can hide in another.
  const auto good = list.checked(texts);
  if (!good) {
    return bad(list, "are not such as a CA grants");
  }
  if (*good != texts || !std::ranges::equal(encode_list(texts), der)) {
    return bad(list, "are not in ascending order, or not in DER");
  }
  return texts;
}

}  // namespace runard::identity
