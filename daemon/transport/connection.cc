#include "transport/connection.h"

#include <openssl/err.h>

#include <algorithm>

#include "core/check.h"
#include "transport/close_reason.h"
#include "transport/connection_callbacks.h"

namespace runard::transport {
namespace {

using core::Errc;
using std::chrono::nanoseconds;

// First guess of the round trip: below it Initial packets are repeated too early under load.
constexpr std::uint64_t kInitialRtt = 30 * NGTCP2_MILLISECONDS;
// Peers wait this long with an acknowledgement; it bounds how late a lost tail is noticed.
constexpr std::uint64_t kMaxAckDelay = 1 * NGTCP2_MILLISECONDS;
constexpr std::size_t kAckThreshold = 8;
constexpr std::uint16_t kPathProbes[] = {1452, 8952};
constexpr std::size_t kMaxSegments = 64;  // the kernel's UDP_MAX_SEGMENTS
// Nearer than this, pacing costs more than it gives (notes: 3 times the latency under load), and
// deadlines are rounded up to a tick: ngtcp2 wants to acknowledge after an eighth of the round
// trip, which is microseconds here, and would make a timer and a packet of its own for each
// request.
constexpr std::uint64_t kUnpacedBelow = 1 * NGTCP2_MILLISECONDS;
constexpr std::uint64_t kNearTick = kMaxAckDelay;

ngtcp2_tstamp stamp(core::TimePoint at) {
  return static_cast<ngtcp2_tstamp>(at.time_since_epoch().count());
}

ngtcp2_addr native(const Address& address) {
  return {const_cast<sockaddr*>(address.data()), address.size()};
}

}  // namespace

Connection::Connection(const ConnectionContext& context, ConnectionOwner& owner, bool server)
    : context_(context), owner_(owner), server_(server), own_cid_(Cid::random(context.random)) {
  reference_.user_data = this;
  reference_.get_conn = [](ngtcp2_crypto_conn_ref* reference) {
    return static_cast<Connection*>(reference->user_data)->conn_;
  };
  ngtcp2_ccerr_default(&failure_);
}

Connection::~Connection() {
  ngtcp2_conn_del(conn_);
}

core::Result<std::unique_ptr<Connection>> Connection::create(const ConnectionContext& context,
                                                             ConnectionOwner& owner,
                                                             const Address& remote,
                                                             const Accepting* first,
                                                             core::TimePoint now) {
  std::unique_ptr<Connection> made(new Connection(context, owner, first != nullptr));
  auto session = TlsSession::create(context.tls, made->server_, &made->reference_);
  if (!session) {
    return session.error();
  }
  made->tls_ = std::move(*session);
  const auto opened = made->open(remote, first, now);
  if (!opened) {
    return opened.error();
  }
  return made;
}

core::Result<void> Connection::open(const Address& remote, const Accepting* first,
                                    core::TimePoint now) {
  ngtcp2_settings settings;
  ngtcp2_transport_params params;
  fill_settings(settings, now);
  fill_params(params);
  const ngtcp2_path path = this->path(remote);
  const ngtcp2_cid scid = own_cid_.native();
  const ngtcp2_callbacks& callbacks = connection_callbacks(server_);
  int result = 0;
  if (first == nullptr) {
    const ngtcp2_cid dcid = Cid::random(context_.random).native();
    result = ngtcp2_conn_client_new(&conn_, &dcid, &scid, &path, NGTCP2_PROTO_VER_V1, &callbacks,
                                    &settings, &params, &memory_.native(), this);
  } else {
    const ngtcp2_cid dcid = first->client_scid.native();
    params.original_dcid = (first->original ? *first->original : first->client_dcid).native();
    params.original_dcid_present = 1;
    if (first->original) {
      params.retry_scid = first->client_dcid.native();
      params.retry_scid_present = 1;
      settings.token = first->token.data();
      settings.tokenlen = first->token.size();
      settings.token_type = NGTCP2_TOKEN_TYPE_RETRY;
    }
    const ResetToken token = context_.reset_secret.token(own_cid_);
    std::copy(token.begin(), token.end(), params.stateless_reset_token);
    params.stateless_reset_token_present = 1;
    result = ngtcp2_conn_server_new(&conn_, &dcid, &scid, &path, first->version, &callbacks,
                                    &settings, &params, &memory_.native(), this);
  }
  if (result != 0) {
    return core::fail(Errc::kInternal, std::string("QUIC connection: ") + ngtcp2_strerror(result));
  }
  ngtcp2_conn_set_tls_native_handle(conn_, tls_->native());
  return {};
}

void Connection::fill_settings(ngtcp2_settings& settings, core::TimePoint now) const {
  ngtcp2_settings_default(&settings);
  settings.initial_ts = stamp(now);
  settings.initial_rtt = kInitialRtt;
  settings.ack_thresh = kAckThreshold;
  settings.handshake_timeout =
      static_cast<std::uint64_t>(context_.limits.handshake_timeout.count());
  settings.rand_ctx.native_handle = &context_.random;
  settings.pmtud_probes = kPathProbes;
  settings.pmtud_probeslen = std::size(kPathProbes);
  settings.max_tx_udp_payload_size = kPathProbes[std::size(kPathProbes) - 1];
}

void Connection::fill_params(ngtcp2_transport_params& params) const {
  const Limits& limits = context_.limits;
  ngtcp2_transport_params_default(&params);
  params.initial_max_data = limits.connection_window();
  params.initial_max_stream_data_bidi_local = limits.request_window;
  params.initial_max_stream_data_bidi_remote = limits.request_window;
  params.initial_max_stream_data_uni = limits.lane_window;
  // And the control stream, which only a dialler opens.
  params.initial_max_streams_bidi = limits.request_streams + (server_ ? 1 : 0);
  params.initial_max_streams_uni = limits.lane_streams;
  params.max_idle_timeout = static_cast<std::uint64_t>(limits.idle_timeout.count());
  params.max_ack_delay = kMaxAckDelay;
  params.disable_active_migration = 1;
}

ngtcp2_path Connection::path(const Address& remote) const {
  return {native(context_.local), native(remote), nullptr};
}

ReadOutcome Connection::read(const Datagram& datagram, core::TimePoint now) {
  if (ngtcp2_conn_get_handshake_completed2(conn_) == 0) {
    ERR_clear_error();  // TLS takes what stands there for its own failure
  }
  const ngtcp2_path path = this->path(datagram.remote);
  ngtcp2_pkt_info info{};
  info.ecn = datagram.ecn;
  const int result = ngtcp2_conn_read_pkt(conn_, &path, &info, datagram.bytes.data(),
                                          datagram.bytes.size(), stamp(now));
  switch (result) {
    case 0:
      return fits() ? ReadOutcome::kOk : ReadOutcome::kFailed;
    case NGTCP2_ERR_RETRY:
      return ReadOutcome::kRetry;
    case NGTCP2_ERR_DROP_CONN:
      return ReadOutcome::kDrop;
    case NGTCP2_ERR_DRAINING:
      note_peer_close();
      return ReadOutcome::kPeerClosed;
    default:
      fail(result);
      return ReadOutcome::kFailed;
  }
}

bool Connection::fits() {
  if (memory_.held() <= context_.limits.connection_memory()) {
    return true;
  }
  error_ = core::fail(Errc::kOverloaded, "the peer sends in too many pieces to keep");
  return false;
}

ngtcp2_ssize Connection::write_packet(ngtcp2_path* path, ngtcp2_pkt_info* info, std::uint8_t* out,
                                      std::size_t size, ngtcp2_tstamp at) {
  SendScheduler& streams = owner_.scheduler();
  ngtcp2_vec vectors[SendParts::kMost];
  for (;;) {
    Stream* stream = blocked_ ? nullptr : streams.next();
    const SendParts parts = stream == nullptr ? SendParts{} : stream->pending();
    if (stream != nullptr && parts.bytes == 0 && !parts.last) {
      streams.remove(*stream);
      continue;
    }
    for (std::size_t i = 0; i < parts.count; ++i) {
      vectors[i] = {const_cast<std::uint8_t*>(parts.views[i].data()), parts.views[i].size()};
    }
    const std::uint32_t flags = stream == nullptr ? NGTCP2_WRITE_STREAM_FLAG_NONE
                                : parts.last
                                    ? NGTCP2_WRITE_STREAM_FLAG_MORE | NGTCP2_WRITE_STREAM_FLAG_FIN
                                    : NGTCP2_WRITE_STREAM_FLAG_MORE;
    ngtcp2_ssize taken = -1;
    const ngtcp2_ssize result =
        ngtcp2_conn_writev_stream(conn_, path, info, out, size, &taken, flags,
                                  stream == nullptr ? -1 : stream->id(), vectors, parts.count, at);
    if (stream != nullptr && taken >= 0) {
      const auto bytes = static_cast<std::size_t>(taken);
      stream->sent(bytes, parts.last && bytes == parts.bytes);
      streams.sent(*stream, bytes);
    }
    switch (result) {
      case NGTCP2_ERR_WRITE_MORE:
        continue;
      case NGTCP2_ERR_STREAM_DATA_BLOCKED:
        RUNARD_CHECK(stream != nullptr);
        // Raised for the connection's window too, and of that nobody tells when it opens.
        blocked_ = ngtcp2_conn_get_max_data_left2(conn_) == 0;
        if (!blocked_) {
          streams.blocked(*stream);
        }
        continue;
      case NGTCP2_ERR_STREAM_SHUT_WR:
      case NGTCP2_ERR_STREAM_NOT_FOUND:
        RUNARD_CHECK(stream != nullptr);
        streams.remove(*stream);
        stream->peer_stopped(NGTCP2_NO_ERROR);
        continue;
      default:
        streams.packet_done();
        return result;
    }
  }
}

std::optional<Train> Connection::write(std::span<std::uint8_t> space, core::TimePoint now) {
  blocked_ = false;
  const bool unpaced = this->unpaced();
  const std::size_t quantum = std::max(ngtcp2_conn_get_send_quantum2(conn_),
                                       ngtcp2_conn_get_max_tx_udp_payload_size2(conn_));
  const std::size_t room = unpaced ? space.size() : std::min(space.size(), quantum);
  ngtcp2_path_storage storage;
  ngtcp2_path_storage_zero(&storage);
  ngtcp2_pkt_info info{};
  Train train;
  const auto one = [](ngtcp2_conn*, ngtcp2_path* path, ngtcp2_pkt_info* pi, std::uint8_t* out,
                      std::size_t size, ngtcp2_tstamp at, void* user_data) {
    return static_cast<Connection*>(user_data)->write_packet(path, pi, out, size, at);
  };
  const ngtcp2_ssize written =
      ngtcp2_conn_write_aggregate_pkt2(conn_, &storage.path, &info, space.data(), room,
                                       &train.segment, one, kMaxSegments, stamp(now));
  if (written < 0) {
    fail(static_cast<int>(written));
    return std::nullopt;
  }
  if (written > 0) {
    train.bytes = space.first(static_cast<std::size_t>(written));
    train.ecn = static_cast<std::uint8_t>(info.ecn);
    train.remote = Address::from(storage.path.remote.addr).value_or(Address{});
    if (!unpaced) {
      ngtcp2_conn_update_pkt_tx_time(conn_, stamp(now));
    }
  }
  return train;
}

// Once unpaced, always: ngtcp2 adds up what went out since the last update_pkt_tx_time, so taking
// up pacing again would begin with a wait for all of it. The least round trip never grows.
bool Connection::unpaced() {
  if (!unpaced_ && ngtcp2_conn_get_handshake_completed2(conn_) != 0) {
    ngtcp2_conn_info info;
    ngtcp2_conn_get_conn_info2(conn_, &info);
    unpaced_ = info.min_rtt < kUnpacedBelow;
  }
  return unpaced_;
}

core::TimePoint Connection::expiry() const {
  ngtcp2_tstamp at = ngtcp2_conn_get_expiry2(conn_);
  if (at >= static_cast<ngtcp2_tstamp>(core::kNever.time_since_epoch().count()) - kNearTick) {
    return core::kNever;
  }
  if (unpaced_) {
    at = (at + kNearTick - 1) / kNearTick * kNearTick;
  }
  return core::TimePoint(nanoseconds(at));
}

bool Connection::on_expiry(core::TimePoint now) {
  const int result = ngtcp2_conn_handle_expiry(conn_, stamp(now));
  if (result != 0) {
    fail(result);
  }
  return result == 0;
}

void Connection::keep_alive(core::Duration every) {
  ngtcp2_conn_set_keep_alive_timeout(conn_, static_cast<ngtcp2_duration>(every.count()));
}

bool Connection::renew_keys(core::TimePoint now) {
  const bool renewed = ngtcp2_conn_initiate_key_update(conn_, stamp(now)) == 0;
  key_renewals_ += renewed ? 1 : 0;
  return renewed;
}

core::Bytes Connection::close_packet(wire::CloseCode code, std::string_view reason,
                                     core::TimePoint now) {
  if (failure_.error_code == NGTCP2_NO_ERROR) {
    const core::ByteView text = core::as_bytes(reason);
    ngtcp2_ccerr_set_application_error(&failure_, static_cast<std::uint64_t>(code), text.data(),
                                       text.size());
  }
  core::Bytes packet(NGTCP2_MAX_UDP_PAYLOAD_SIZE);
  ngtcp2_path_storage storage;
  ngtcp2_path_storage_zero(&storage);
  ngtcp2_pkt_info info{};
  const ngtcp2_ssize size = ngtcp2_conn_write_connection_close(
      conn_, &storage.path, &info, packet.data(), packet.size(), &failure_, stamp(now));
  packet.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return packet;
}

void Connection::fail(int code) {
  switch (code) {
    case NGTCP2_ERR_CRYPTO:
      note_alert(ngtcp2_conn_get_tls_alert2(conn_));
      return;
    case NGTCP2_ERR_IDLE_CLOSE:
    case NGTCP2_ERR_HANDSHAKE_TIMEOUT:
      silent_ = true;
      error_ = ngtcp2_conn_get_handshake_completed2(conn_) != 0
                   ? core::fail(Errc::kLinkLost, "the peer fell silent")
                   : core::fail(Errc::kNoAnswer, "no answer in time");
      return;
    case NGTCP2_ERR_RECV_VERSION_NEGOTIATION:
      silent_ = true;
      error_ = core::fail(Errc::kVersionMismatch, "the peer does not speak QUIC version 1");
      return;
    case NGTCP2_ERR_CALLBACK_FAILURE:
      if (failure_.error_code == NGTCP2_NO_ERROR) {
        error_ = core::fail(Errc::kProtocol, "refused");  // the owner names the code to close with
      }
      return;
    default:
      ngtcp2_ccerr_set_liberr(&failure_, code, nullptr, 0);
      error_ = core::fail(Errc::kProtocol, ngtcp2_strerror(code));
  }
}

void Connection::note_alert(std::uint8_t alert) {
  ngtcp2_ccerr_set_tls_alert(&failure_, alert, nullptr, 0);
  error_ = tls_->refusal() ? refusal_error(*tls_->refusal()) : alert_error(alert);
  if (ngtcp2_conn_get_handshake_completed2(conn_) != 0 &&
      tls_->protocol() != TlsSession::Protocol::kNone) {
    error_.code = Errc::kProtocol;  // TLS has nothing more to say on a link
  }
}

void Connection::note_peer_close() {
  silent_ = true;
  const ngtcp2_ccerr* close = ngtcp2_conn_get_ccerr2(conn_);
  error_ = close == nullptr ? core::fail(Errc::kLinkLost, "closed by the peer")
                            : peer_close_error(*close);
}

std::size_t Connection::max_data_left() const {
  return static_cast<std::size_t>(ngtcp2_conn_get_max_data_left2(conn_));
}

core::Duration Connection::probe_timeout() const {
  return nanoseconds(ngtcp2_conn_get_pto2(conn_));
}

Connection::Info Connection::info() const {
  ngtcp2_conn_info info;
  ngtcp2_conn_get_conn_info2(conn_, &info);
  return {nanoseconds(info.smoothed_rtt), info.cwnd, info.pkt_lost, key_renewals_, memory_.held()};
}

}  // namespace runard::transport
