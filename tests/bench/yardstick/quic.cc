#include "quic.h"

#include <openssl/rand.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace yardstick {
namespace {

constexpr std::uint64_t kWindow = 16U << 20;
constexpr std::uint64_t kStreams = 4096;
constexpr std::size_t kCidSize = 16;
constexpr std::size_t kAckThreshold = 8;  // as the daemon's

void check(int code, const char* what) {
  if (code != 0) {
    std::fprintf(stderr, "yardstick: %s: %s\n", what, ngtcp2_strerror(code));
    std::exit(1);
  }
}

ngtcp2_cid random_cid() {
  ngtcp2_cid cid{};
  cid.datalen = kCidSize;
  RAND_bytes(cid.data, kCidSize);
  return cid;
}

}  // namespace

Quic::Quic(Udp& udp, Tls tls, App& app, std::size_t payload, const sockaddr_in* server)
    : udp_(udp),
      tls_(std::move(tls)),
      app_(app),
      payload_(payload),
      server_(server == nullptr),
      now_(Clock::now()),
      train_(Udp::kTrain) {
  reference_.user_data = this;
  reference_.get_conn = [](ngtcp2_crypto_conn_ref* reference) {
    return static_cast<Quic*>(reference->user_data)->conn_;
  };
  if (server != nullptr) {
    make(*server, {});
  }
}

Quic::~Quic() {
  session_.reset();
  ngtcp2_conn_del(conn_);
}

ngtcp2_tstamp Quic::stamp() const {
  return static_cast<ngtcp2_tstamp>(now_.time_since_epoch().count());
}

ngtcp2_path Quic::path() const {
  const auto native = [](const sockaddr_in& address) {
    return ngtcp2_addr{const_cast<sockaddr*>(reinterpret_cast<const sockaddr*>(&address)),
                       sizeof address};
  };
  return {native(udp_.address()), native(peer_), nullptr};
}

void Quic::make(const sockaddr_in& peer, Bytes first) {
  peer_ = peer;
  ngtcp2_settings settings;
  ngtcp2_settings_default(&settings);
  settings.initial_ts = stamp();
  settings.initial_rtt = 10 * NGTCP2_MILLISECONDS;
  settings.handshake_timeout = 5 * NGTCP2_SECONDS;
  settings.max_tx_udp_payload_size = payload_;
  settings.no_tx_udp_payload_size_shaping = 1;
  settings.no_pmtud = 1;
  settings.ack_thresh = kAckThreshold;
  settings.max_window = kWindow;
  settings.max_stream_window = kWindow;
  ngtcp2_transport_params params;
  ngtcp2_transport_params_default(&params);
  params.initial_max_data = kWindow;
  params.initial_max_stream_data_bidi_local = kWindow;
  params.initial_max_stream_data_bidi_remote = kWindow;
  params.initial_max_streams_bidi = kStreams;
  params.max_idle_timeout = 10 * NGTCP2_SECONDS;
  const ngtcp2_path path = this->path();
  const ngtcp2_cid own = random_cid();
  const ngtcp2_callbacks callbacks = callbacks_of(server_);
  if (server_) {
    ngtcp2_pkt_hd header{};
    check(ngtcp2_accept(&header, first.data(), first.size()), "accept");
    params.original_dcid = header.dcid;
    params.original_dcid_present = 1;
    check(ngtcp2_conn_server_new(&conn_, &header.scid, &own, &path, header.version, &callbacks,
                                 &settings, &params, nullptr, this),
          "server");
  } else {
    const ngtcp2_cid dcid = random_cid();
    check(ngtcp2_conn_client_new(&conn_, &dcid, &own, &path, NGTCP2_PROTO_VER_V1, &callbacks,
                                 &settings, &params, nullptr, this),
          "client");
  }
  auto session = runard::transport::TlsSession::create(tls_, server_, &reference_);
  if (!session) {
    die("TLS session");
  }
  session_ = std::move(*session);
  ngtcp2_conn_set_tls_native_handle(conn_, session_->native());
}

bool Quic::turn() {
  if (conn_ == nullptr) {
    udp_.receive(true);
    now_ = Clock::now();
    udp_.each([&](Bytes packet, const sockaddr_in& from) {
      if (conn_ == nullptr) {
        make(from, packet);
      }
    });
  } else {
    udp_.receive(false);
    now_ = Clock::now();
  }
  if (conn_ == nullptr) {
    return true;
  }
  if (!read()) {
    return false;
  }
  if (ngtcp2_conn_get_expiry2(conn_) <= stamp() && ngtcp2_conn_handle_expiry(conn_, stamp()) != 0) {
    return false;
  }
  if (up_) {
    app_.ready(*this);
  }
  if (!write()) {
    const auto expiry = ngtcp2_conn_get_expiry2(conn_);
    const auto until = expiry == UINT64_MAX ? now_ + std::chrono::seconds(1)
                                            : Clock::time_point(std::chrono::nanoseconds(expiry));
    udp_.wait(until);
  }
  return true;
}

bool Quic::read() {
  udp_.each([&](Bytes packet, const sockaddr_in&) {
    const ngtcp2_path path = this->path();
    const ngtcp2_pkt_info info{};
    if (over_) {
      return;
    }
    const int code =
        ngtcp2_conn_read_pkt(conn_, &path, &info, packet.data(), packet.size(), stamp());
    over_ = code == NGTCP2_ERR_DRAINING;
    if (!over_) {
      check(code, "read");
    }
  });
  return !over_;
}

std::int64_t Quic::open() {
  std::int64_t stream = -1;
  check(ngtcp2_conn_open_bidi_stream(conn_, &stream, nullptr), "open");
  return stream;
}

void Quic::consume(std::size_t bytes) {
  Out& front = out_.front();
  front.bytes = front.bytes.subspan(bytes);
  if (front.bytes.empty()) {
    out_.pop_front();
  }
}

void Quic::flush() {
  if (filled_ > 0) {
    udp_.send(peer_, Bytes(train_.data(), filled_), payload_);
    filled_ = 0;
  }
}

bool Quic::write() {
  const std::size_t most = std::min(Udp::kTrain, payload_ * Udp::kSegments);
  bool blocked = false;
  for (;;) {
    const Out* out = blocked || out_.empty() || !up_ ? nullptr : &out_.front();
    const ngtcp2_vec part =
        out == nullptr
            ? ngtcp2_vec{}
            : ngtcp2_vec{const_cast<std::uint8_t*>(out->bytes.data()), out->bytes.size()};
    std::uint32_t flags = NGTCP2_WRITE_STREAM_FLAG_NONE;
    if (out != nullptr) {
      flags = NGTCP2_WRITE_STREAM_FLAG_MORE | (out->fin ? NGTCP2_WRITE_STREAM_FLAG_FIN : 0U);
    }
    ngtcp2_pkt_info info{};
    ngtcp2_ssize taken = -1;
    const ngtcp2_ssize size = ngtcp2_conn_writev_stream(
        conn_, nullptr, &info, train_.data() + filled_, payload_, &taken, flags,
        out == nullptr ? -1 : out->stream, &part, out == nullptr ? 0 : 1, stamp());
    if (size == NGTCP2_ERR_STREAM_DATA_BLOCKED) {
      blocked = true;
      continue;
    }
    if (size < 0 && size != NGTCP2_ERR_WRITE_MORE) {
      check(static_cast<int>(size), "write");
    }
    if (taken >= 0) {
      consume(static_cast<std::size_t>(taken));
    }
    if (size == NGTCP2_ERR_WRITE_MORE) {
      continue;
    }
    filled_ += static_cast<std::size_t>(size);
    const bool full = filled_ + payload_ > most;
    if (size == 0 || static_cast<std::size_t>(size) < payload_ || full) {
      flush();
    }
    if (size == 0 || full) {
      return full;
    }
  }
}

void Quic::close() {
  ngtcp2_ccerr error;
  ngtcp2_ccerr_default(&error);
  ngtcp2_pkt_info info{};
  now_ = Clock::now();
  const ngtcp2_ssize size = ngtcp2_conn_write_connection_close(conn_, nullptr, &info, train_.data(),
                                                               payload_, &error, stamp());
  if (size > 0) {
    udp_.send(peer_, Bytes(train_.data(), static_cast<std::size_t>(size)), payload_);
  }
}

}  // namespace yardstick
