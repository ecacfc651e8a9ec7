#include "crypto/pem.h"

#include <openssl/pem.h>

#include <fmt/format.h>

#include "core/check.h"
#include "crypto/openssl_error.h"
#include "crypto/openssl_ptr.h"

namespace runard::crypto {
namespace {

using core::Errc;

// One block of OpenSSL's reader, which allocates three parts of it.
struct RawBlock {
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;

  RawBlock() = default;
  RawBlock(const RawBlock&) = delete;
  RawBlock& operator=(const RawBlock&) = delete;
  ~RawBlock() {
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(data);
  }
};

std::string without_carriage_returns(std::string_view text) {
  std::string clean(text);
  std::erase(clean, '\r');
  while (clean.ends_with("\n\n")) {
    clean.pop_back();
  }
  if (!clean.empty() && clean.back() != '\n') {
    clean.push_back('\n');
  }
  return clean;
}

// Empty for what has no PEM form: no bytes, for one.
std::string encode(const std::string& label, core::ByteView der) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  RUNARD_CHECK(bio != nullptr);
  if (PEM_write_bio(bio.get(), label.c_str(), "", der.data(), static_cast<long>(der.size())) <= 0) {
    return {};
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace

std::string write_pem(std::string_view label, core::ByteView der) {
  std::string text = encode(std::string(label), der);
  RUNARD_CHECK(!text.empty());
  return text;
}

core::Result<std::vector<PemBlock>> parse_pem(std::string_view text, const PemLimits& limits) {
  if (text.size() > limits.text) {
    return core::fail(Errc::kInvalidArgument,
                      fmt::format("PEM text is longer than {} KiB", limits.text / 1024));
  }
  const ErrorScope errors;
  const std::string clean = without_carriage_returns(text);
  const BioPtr bio(BIO_new_mem_buf(clean.data(), static_cast<int>(clean.size())));
  RUNARD_CHECK(bio != nullptr);

  std::vector<PemBlock> blocks;
  std::string canonical;
  while (canonical.size() < clean.size() && blocks.size() <= limits.blocks) {
    RawBlock raw;
    if (PEM_read_bio(bio.get(), &raw.name, &raw.header, &raw.data, &raw.size) != 1) {
      return openssl_fail(Errc::kInvalidArgument, "not PEM text");
    }
    PemBlock block{raw.name, {raw.data, raw.data + raw.size}};
    const std::string again = encode(block.label, block.der);
    if (again.empty()) {
      return core::fail(Errc::kInvalidArgument, "an empty PEM block");
    }
    canonical += again;
    blocks.push_back(std::move(block));
  }
  if (blocks.size() > limits.blocks) {
    return core::fail(Errc::kInvalidArgument,
                      fmt::format("more than {} PEM blocks", limits.blocks));
  }
  if (blocks.empty() || canonical != clean) {
    return core::fail(Errc::kInvalidArgument, "text that does not belong to any PEM block");
  }
  return blocks;
}

}  // namespace runard::crypto
