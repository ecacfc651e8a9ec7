#include "identity/groups.h"

#include <fmt/format.h>
#include <openssl/asn1.h>

#include <algorithm>

#include "core/check.h"
#include "crypto/openssl_error.h"
#include "crypto/openssl_ptr.h"
#include "identity/name.h"

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

core::Result<std::string> group_of(const ASN1_TYPE* element) {
  if (ASN1_TYPE_get(element) == V_ASN1_UTF8STRING) {
    const ASN1_UTF8STRING* text = element->value.utf8string;
    std::string name(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                     static_cast<std::size_t>(ASN1_STRING_length(text)));
    if (valid_name(name)) {
      return name;
    }
  }
  return fail(Errc::kCertificateBadGroups, "a group of the certificate is not a name");
}

}  // namespace

core::Result<std::vector<std::string>> checked_groups(std::vector<std::string> groups) {
  std::ranges::sort(groups);
  const auto doubles = std::ranges::unique(groups);
  groups.erase(doubles.begin(), doubles.end());
  if (groups.size() > kMaxGroups) {
    return fail(Errc::kInvalidArgument, fmt::format("a node is in at most {} groups", kMaxGroups));
  }
  for (const std::string& name : groups) {
    if (auto good = check_name(name, "group"); !good) {
      return good.error();
    }
  }
  return groups;
}

core::Bytes encode_groups(const std::vector<std::string>& groups) {
  const SequencePtr sequence(sk_ASN1_TYPE_new_null());
  RUNARD_CHECK(sequence != nullptr);
  for (const std::string& name : groups) {
    ASN1_UTF8STRING* text = ASN1_UTF8STRING_new();
    ASN1_TYPE* element = ASN1_TYPE_new();
    RUNARD_CHECK(text != nullptr && element != nullptr);
    RUNARD_CHECK(ASN1_STRING_set(text, name.data(), static_cast<int>(name.size())) == 1);
    ASN1_TYPE_set(element, V_ASN1_UTF8STRING, text);
    RUNARD_CHECK(sk_ASN1_TYPE_push(sequence.get(), element) > 0);
  }
  unsigned char* der = nullptr;
  const int size = i2d_ASN1_SEQUENCE_ANY(sequence.get(), &der);
  core::Bytes bytes(der, der + std::max(size, 0));
  OPENSSL_free(der);
  return bytes;
}

core::Result<std::vector<std::string>> parse_groups(core::ByteView der) {
  const crypto::ErrorScope errors;
  const unsigned char* at = der.data();
  const SequencePtr sequence(d2i_ASN1_SEQUENCE_ANY(nullptr, &at, static_cast<long>(der.size())));
  if (!sequence) {
    return fail(Errc::kCertificateBadGroups, "the groups are not a sequence");
  }
  const int count = sk_ASN1_TYPE_num(sequence.get());
  if (count < 1 || static_cast<std::size_t>(count) > kMaxGroups) {
    return fail(
        Errc::kCertificateBadGroups,
        fmt::format("the certificate names {} groups, 1 to {} are taken", count, kMaxGroups));
  }
  std::vector<std::string> groups;
  for (int i = 0; i < count; ++i) {
    auto name = group_of(sk_ASN1_TYPE_value(sequence.get(), i));
    if (!name) {
      return name.error();
    }
    groups.push_back(std::move(*name));
  }
  // What a CA writes has one form only; so nothing can hide in another.
  const auto sorted = checked_groups(groups);
  if (!sorted || *sorted != groups || !std::ranges::equal(encode_groups(groups), der)) {
    return fail(Errc::kCertificateBadGroups,
                "the groups are not in ascending order, or not in DER");
  }
  return groups;
}

}  // namespace runard::identity
