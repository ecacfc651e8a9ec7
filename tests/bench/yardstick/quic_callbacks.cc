#include <openssl/rand.h>

#include "quic.h"

namespace yardstick {

// What ngtcp2 calls: its own helpers for everything that is TLS, ours for the data.
struct Callbacks {
  static Quic& of(void* user) { return *static_cast<Quic*>(user); }

  static int data(ngtcp2_conn* conn, std::uint32_t flags, std::int64_t stream, std::uint64_t,
                  const std::uint8_t* bytes, std::size_t size, void* user, void*) {
    ngtcp2_conn_extend_max_stream_offset(conn, stream, size);
    ngtcp2_conn_extend_max_offset(conn, size);
    of(user).app_.data(of(user), stream, {bytes, size}, (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0);
    return 0;
  }
  static int acked(ngtcp2_conn*, std::int64_t stream, std::uint64_t, std::uint64_t size, void* user,
                   void*) {
    of(user).app_.acked(stream, size);
    return 0;
  }
  static int closed(ngtcp2_conn* conn, std::uint32_t, std::int64_t stream, std::uint64_t,
                    void* user, void*) {
    if (of(user).server_) {
      ngtcp2_conn_extend_max_streams_bidi(conn, 1);
    }
    of(user).app_.closed(stream);
    return 0;
  }
  static int up(ngtcp2_conn*, void* user) {
    of(user).up_ = true;
    return 0;
  }
  static int new_cid(ngtcp2_conn*, ngtcp2_cid* cid, ngtcp2_stateless_reset_token* token,
                     std::size_t size, void*) {
    cid->datalen = size;
    RAND_bytes(cid->data, static_cast<int>(size));
    RAND_bytes(token->data, sizeof token->data);
    return 0;
  }
  static void rand(std::uint8_t* out, std::size_t size, const ngtcp2_rand_ctx*) {
    RAND_bytes(out, static_cast<int>(size));
  }

  static ngtcp2_callbacks table(bool server) {
    ngtcp2_callbacks table{};
    if (server) {
      table.recv_client_initial = ngtcp2_crypto_recv_client_initial_cb;
      table.handshake_completed = up;
    } else {
      table.client_initial = ngtcp2_crypto_client_initial_cb;
      table.recv_retry = ngtcp2_crypto_recv_retry_cb;
      table.handshake_confirmed = up;
    }
    table.recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb;
    table.encrypt = ngtcp2_crypto_encrypt_cb;
    table.decrypt = ngtcp2_crypto_decrypt_cb;
    table.hp_mask = ngtcp2_crypto_hp_mask_cb;
    table.update_key = ngtcp2_crypto_update_key_cb;
    table.delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb;
    table.delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb;
    table.get_path_challenge_data2 = ngtcp2_crypto_get_path_challenge_data2_cb;
    table.version_negotiation = ngtcp2_crypto_version_negotiation_cb;
    table.rand = rand;
    table.get_new_connection_id2 = new_cid;
    table.recv_stream_data = data;
    table.acked_stream_data_offset = acked;
    table.stream_close = closed;
    return table;
  }
};

ngtcp2_callbacks callbacks_of(bool server) {
  return Callbacks::table(server);
}

}  // namespace yardstick
