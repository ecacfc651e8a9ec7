#include "transport/connection_callbacks.h"

#include <ngtcp2/ngtcp2_crypto.h>

#include <algorithm>

#include "transport/connection.h"

namespace runard::transport {

// NOLINTBEGIN(readability-function-size): the signatures are ngtcp2's
// Each returns 0, or NGTCP2_ERR_CALLBACK_FAILURE: any other number makes ngtcp2 abort the process.
struct ConnectionCallbacks {
  static Connection& self(void* user_data) { return *static_cast<Connection*>(user_data); }
  static ConnectionOwner& owner(void* user_data) { return self(user_data).owner_; }

  static int handshake_completed(ngtcp2_conn*, void* user_data) {
    if (self(user_data).tls_->protocol() == TlsSession::Protocol::kNone) {
      self(user_data).note_alert(SSL_AD_NO_APPLICATION_PROTOCOL);
      return NGTCP2_ERR_CALLBACK_FAILURE;
    }
    owner(user_data).on_handshake_completed();
    return 0;
  }

  static int handshake_confirmed(ngtcp2_conn*, void* user_data) {
    owner(user_data).on_handshake_confirmed();
    return 0;
  }

  static int stream_data(ngtcp2_conn* conn, std::uint32_t flags, std::int64_t id,
                         std::uint64_t offset, const std::uint8_t* data, std::size_t size,
                         void* user_data, void* user_stream) {
    // Before a stream's type is cut off, and also for what nobody takes: each byte that is not
    // given back here makes the window smaller for good.
    ngtcp2_conn_extend_max_offset(conn, size);
    core::ByteView bytes(data, size);
    auto* stream = static_cast<Stream*>(user_stream);
    if (stream == nullptr && offset == 0) {
      stream = owner(user_data).on_peer_stream(id, bytes);
      if (stream != nullptr) {
        stream->set_id(id);
        ngtcp2_conn_set_stream_user_data(conn, id, stream);
      }
    }
    const bool end = (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0;
    return stream == nullptr || stream->received(bytes, end) ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
  }

  static int stream_acked(ngtcp2_conn*, std::int64_t, std::uint64_t offset, std::uint64_t size,
                          void*, void* stream) {
    if (stream != nullptr) {
      static_cast<Stream*>(stream)->acked(offset + size);
    }
    return 0;
  }

  static int stream_reset(ngtcp2_conn*, std::int64_t, std::uint64_t, std::uint64_t code, void*,
                          void* stream) {
    if (stream != nullptr) {
      static_cast<Stream*>(stream)->peer_reset(code);
    }
    return 0;
  }

  static int stop_sending(ngtcp2_conn*, std::int64_t, std::uint64_t code, void*, void* stream) {
    if (stream != nullptr) {
      static_cast<Stream*>(stream)->peer_stopped(code);
    }
    return 0;
  }

  static int stream_close(ngtcp2_conn* conn, std::uint32_t, std::int64_t id, std::uint64_t,
                          void* user_data, void* stream) {
    if (stream != nullptr) {
      static_cast<Stream*>(stream)->closed();
    }
    if (ngtcp2_conn_is_local_stream2(conn, id) == 0) {
      self(user_data).peer_stream_over(ngtcp2_is_bidi_stream(id) != 0);
    }
    return 0;
  }

  static int stream_window(ngtcp2_conn*, std::int64_t, std::uint64_t, void* user_data,
                           void* stream) {
    if (stream != nullptr) {
      owner(user_data).scheduler().unblocked(*static_cast<Stream*>(stream));
    }
    return 0;
  }

  static int streams_available(ngtcp2_conn*, std::uint64_t, void* user_data) {
    owner(user_data).on_streams_available();
    return 0;
  }

  static int new_cid(ngtcp2_conn*, ngtcp2_cid* cid, ngtcp2_stateless_reset_token* token,
                     std::size_t size, void* user_data) {
    Connection& connection = self(user_data);
    const Cid made = Cid::random(connection.context_.random, size);
    const ResetToken reset = connection.context_.reset_secret.token(made);
    *cid = made.native();
    std::copy(reset.begin(), reset.end(), token->data);
    connection.owner_.on_own_cid(made, true);
    return 0;
  }

  static int remove_cid(ngtcp2_conn*, const ngtcp2_cid* cid, void* user_data) {
    owner(user_data).on_own_cid(Cid::from(*cid), false);
    return 0;
  }

  static int peer_cid_status(ngtcp2_conn*, ngtcp2_connection_id_status_type type, std::uint64_t,
                             const ngtcp2_cid*, const ngtcp2_stateless_reset_token* token,
                             void* user_data) {
    if (token != nullptr) {
      ResetToken copy;
      std::copy_n(token->data, copy.size(), copy.begin());
      owner(user_data).on_reset_token(copy, type == NGTCP2_CONNECTION_ID_STATUS_TYPE_ACTIVATE);
    }
    return 0;
  }

  static void rand(std::uint8_t* out, std::size_t size, const ngtcp2_rand_ctx* context) {
    static_cast<core::Random*>(context->native_handle)->fill({out, size});
  }

  static ngtcp2_callbacks make(bool server) {
    ngtcp2_callbacks table{};
    if (server) {
      table.recv_client_initial = ngtcp2_crypto_recv_client_initial_cb;
    } else {
      table.client_initial = ngtcp2_crypto_client_initial_cb;
      table.recv_retry = ngtcp2_crypto_recv_retry_cb;
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
    table.handshake_completed = handshake_completed;
    table.handshake_confirmed = handshake_confirmed;
    table.recv_stream_data = stream_data;
    table.acked_stream_data_offset = stream_acked;
    table.stream_reset = stream_reset;
    table.stream_close = stream_close;
    table.extend_max_stream_data = stream_window;
    table.extend_max_local_streams_bidi = streams_available;
    table.extend_max_local_streams_uni = streams_available;
    table.get_new_connection_id2 = new_cid;
    table.remove_connection_id = remove_cid;
    table.dcid_status2 = peer_cid_status;
#if NGTCP2_VERSION_NUM >= 0x011800
    table.recv_stop_sending = stop_sending;
#endif
    return table;
  }
};
// NOLINTEND(readability-function-size)

const ngtcp2_callbacks& connection_callbacks(bool server) {
  static const ngtcp2_callbacks for_server = ConnectionCallbacks::make(true);
  static const ngtcp2_callbacks for_client = ConnectionCallbacks::make(false);
  return server ? for_server : for_client;
}

}  // namespace runard::transport
