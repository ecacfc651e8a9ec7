// Packets that no QUIC library would send: any frames, sealed with the right keys, so that they get
// past decryption. Keys are those of an Initial (anybody can make them) or what TLS logged.
// Sources: RFC 9000 section 17, RFC 9001 section 5, RFC 8446 section 7.1.
#pragma once

#include <ngtcp2/ngtcp2_crypto.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <string>

#include "core/bytes.h"
#include "core/check.h"
#include "wire/varint.h"

namespace runard::testing {

// The dialler's secret for its packets after the handshake, once there is one.
class KeyLog {
 public:
  explicit KeyLog(SSL_CTX* context) {
    SSL_CTX_set_ex_data(context, index(), this);
    SSL_CTX_set_keylog_callback(context, [](const SSL* ssl, const char* text) {
      const std::string line(text);
      if (line.starts_with("CLIENT_TRAFFIC_SECRET_0 ")) {
        auto* self = static_cast<KeyLog*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), index()));
        self->secret = from_hex(line.substr(line.rfind(' ') + 1));
      }
    });
  }
  KeyLog(const KeyLog&) = delete;
  KeyLog& operator=(const KeyLog&) = delete;

  core::Bytes secret;

 private:
  static int index() {
    static const int made = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return made;
  }
  static core::Bytes from_hex(const std::string& text) {
    core::Bytes bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
      bytes.push_back(static_cast<std::uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
    }
    return bytes;
  }
};

// Seals packets of TLS_AES_128_GCM_SHA256, the first suite that runard offers.
class PacketForge {
 public:
  explicit PacketForge(const core::Bytes& secret) {
    expand(secret, "quic key", key_);
    expand(secret, "quic iv", iv_);
    expand(secret, "quic hp", hp_);
  }
  // For a client's Initial packets to that id.
  static PacketForge for_initial(core::ByteView dcid) {
    constexpr std::uint8_t kSalt[] = {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
                                      0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};
    core::Bytes common(32);
    RUNARD_CHECK(ngtcp2_crypto_hkdf_extract(common.data(), &sha256(), dcid.data(), dcid.size(),
                                            kSalt, sizeof kSalt) == 0);
    core::Bytes secret(32);
    expand(common, "client in", secret);
    return PacketForge(secret);
  }

  core::Bytes short_packet(core::ByteView dcid, core::Bytes frames) {
    core::Bytes header{0x43};  // four bytes of packet number
    header.insert(header.end(), dcid.begin(), dcid.end());
    return seal(std::move(header), std::move(frames));
  }
  // Padded to the 1200 bytes that a client's first datagram must have.
  core::Bytes initial_packet(core::ByteView dcid, core::ByteView scid, core::Bytes frames) {
    core::Bytes header{0xc3, 0, 0, 0, 1, static_cast<std::uint8_t>(dcid.size())};
    header.insert(header.end(), dcid.begin(), dcid.end());
    header.push_back(static_cast<std::uint8_t>(scid.size()));
    header.insert(header.end(), scid.begin(), scid.end());
    header.push_back(0);  // no token
    frames.resize(std::max<std::size_t>(frames.size(), 1200 - header.size() - 2 - 4 - kTag));
    const std::size_t length = 4 + frames.size() + kTag;
    header.push_back(static_cast<std::uint8_t>(0x40 | length >> 8));
    header.push_back(static_cast<std::uint8_t>(length));
    return seal(std::move(header), std::move(frames));
  }

  std::uint32_t next_number = 0;

 private:
  static constexpr std::size_t kTag = 16;
  static constexpr std::size_t kSample = 16;

  static const ngtcp2_crypto_md& sha256() {
    static ngtcp2_crypto_md md = [] {
      ngtcp2_crypto_md made;
      ngtcp2_crypto_md_init(&made, const_cast<EVP_MD*>(EVP_sha256()));
      return made;
    }();
    return md;
  }

  static void expand(const core::Bytes& secret, const std::string& label, core::Bytes& out) {
    core::Bytes info{0, static_cast<std::uint8_t>(out.size()),
                     static_cast<std::uint8_t>(6 + label.size())};
    for (const char c : "tls13 " + label) {
      info.push_back(static_cast<std::uint8_t>(c));
    }
    info.push_back(0);
    RUNARD_CHECK(ngtcp2_crypto_hkdf_expand(out.data(), out.size(), &sha256(), secret.data(),
                                           secret.size(), info.data(), info.size()) == 0);
  }

  core::Bytes seal(core::Bytes header, core::Bytes frames) {
    frames.resize(std::max<std::size_t>(frames.size(), 4));  // for the sample
    const std::size_t number_at = header.size();
    core::Bytes nonce = iv_;
    for (int i = 0; i < 4; ++i) {
      const auto byte = static_cast<std::uint8_t>(next_number >> (24 - 8 * i));
      header.push_back(byte);
      nonce[nonce.size() - 4 + static_cast<std::size_t>(i)] ^= byte;
    }
    ++next_number;
    core::Bytes packet = header;
    const core::Bytes sealed = encrypt(nonce, header, frames);
    packet.insert(packet.end(), sealed.begin(), sealed.end());
    const core::Bytes mask = mask_of(core::ByteView(packet).subspan(number_at + 4, kSample));
    packet[0] ^= static_cast<std::uint8_t>(mask[0] & ((packet[0] & 0x80) != 0 ? 0x0f : 0x1f));
    for (std::size_t i = 0; i < 4; ++i) {
      packet[number_at + i] ^= mask[1 + i];
    }
    return packet;
  }

  core::Bytes encrypt(const core::Bytes& nonce, const core::Bytes& aad, const core::Bytes& plain) {
    EVP_CIPHER_CTX* cipher = EVP_CIPHER_CTX_new();
    core::Bytes out(plain.size() + kTag);
    int size = 0;
    EVP_EncryptInit_ex(cipher, EVP_aes_128_gcm(), nullptr, key_.data(), nonce.data());
    EVP_EncryptUpdate(cipher, nullptr, &size, aad.data(), static_cast<int>(aad.size()));
    EVP_EncryptUpdate(cipher, out.data(), &size, plain.data(), static_cast<int>(plain.size()));
    EVP_EncryptFinal_ex(cipher, out.data() + size, &size);
    EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, kTag, out.data() + plain.size());
    EVP_CIPHER_CTX_free(cipher);
    return out;
  }

  core::Bytes mask_of(core::ByteView sample) {
    EVP_CIPHER_CTX* cipher = EVP_CIPHER_CTX_new();
    core::Bytes out(kSample);
    int size = 0;
    EVP_EncryptInit_ex(cipher, EVP_aes_128_ecb(), nullptr, hp_.data(), nullptr);
    EVP_EncryptUpdate(cipher, out.data(), &size, sample.data(), static_cast<int>(sample.size()));
    EVP_CIPHER_CTX_free(cipher);
    return out;
  }

  core::Bytes key_ = core::Bytes(16);
  core::Bytes iv_ = core::Bytes(12);
  core::Bytes hp_ = core::Bytes(16);
};

// Frames, put together from numbers (written as varints) and bytes.
class Frames {
 public:
  Frames& number(std::uint64_t value) {
    std::uint8_t space[8];
    const std::size_t size = wire::put_varint(value, space);
    bytes_.insert(bytes_.end(), space, space + size);
    return *this;
  }
  Frames& numbers(std::initializer_list<std::uint64_t> values) {
    for (const std::uint64_t value : values) {
      number(value);
    }
    return *this;
  }
  Frames& bytes(std::size_t count, std::uint8_t value = 0) {
    bytes_.insert(bytes_.end(), count, value);
    return *this;
  }
  // STREAM with offset and length; `last`: with FIN.
  Frames& stream(std::uint64_t id, std::uint64_t offset, std::size_t size, bool last = false) {
    return numbers({last ? 0x0fULL : 0x0eULL, id, offset, size}).bytes(size, 1);
  }
  Frames& crypto(std::uint64_t offset, std::size_t size) {
    return numbers({0x06, offset, size}).bytes(size, 1);
  }
  std::size_t size() const { return bytes_.size(); }
  operator core::Bytes() const { return bytes_; }

 private:
  core::Bytes bytes_;
};

}  // namespace runard::testing
