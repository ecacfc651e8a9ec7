#include <openssl/evp.h>

#include <array>
#include <memory>

#include "workloads.h"

namespace yardstick {
namespace {

constexpr std::size_t kTag = 16;
constexpr std::size_t kHeader = 20;   // of a short-header packet with a 16-byte connection id
constexpr std::size_t kPackets = 44;  // a train: what is sealed next is in no cache line sealed now
constexpr std::size_t kBetween = 100;  // trains between two looks at the clock

struct FreeCipher {
  void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

class Sealer {
 public:
  Sealer() {
    const std::array<std::uint8_t, 16> key{1};
    if (!cipher_ || !context_ ||
        EVP_EncryptInit_ex(context_.get(), cipher_.get(), nullptr, key.data(), nonce_.data()) !=
            1) {
      die("AES-128-GCM");
    }
  }
  void operator()(std::uint8_t* packet, std::size_t size) {
    ++nonce_[0];
    int written = 0;
    std::uint8_t* body = packet + kHeader;
    const int body_size = static_cast<int>(size - kHeader - kTag);
    if (EVP_EncryptInit_ex(context_.get(), nullptr, nullptr, nullptr, nonce_.data()) != 1 ||
        EVP_EncryptUpdate(context_.get(), nullptr, &written, packet, kHeader) != 1 ||
        EVP_EncryptUpdate(context_.get(), body, &written, body, body_size) != 1 ||
        EVP_EncryptFinal_ex(context_.get(), body, &written) != 1 ||
        EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, kTag, body + body_size) != 1) {
      die("seal");
    }
  }

 private:
  std::unique_ptr<EVP_CIPHER, FreeCipher> cipher_{EVP_CIPHER_fetch(nullptr, "AES-128-GCM", "")};
  std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> context_{EVP_CIPHER_CTX_new()};
  std::array<std::uint8_t, 12> nonce_{};
};

}  // namespace

Figure seal(const char* name, Seconds length, std::size_t payload) {
  const ProcessPair pair([](Shared&) {});  // for its pinning and its clock
  Sealer sealer;
  std::vector<std::uint8_t> train(kPackets * payload);
  std::uint64_t bytes = 0;
  const Stopwatch watch(pair);
  for (const auto end = Clock::now() + length; Clock::now() < end;) {
    for (std::size_t i = 0; i < kBetween * kPackets; ++i) {
      sealer(train.data() + i % kPackets * payload, payload);
    }
    bytes += kBetween * train.size();
  }
  return watch.bytes(name, bytes, bytes);
}

}  // namespace yardstick
