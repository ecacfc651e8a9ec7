// Connection: one ngtcp2_conn with its TLS session. All of ngtcp2's C interface for connections is
// in here; above it there are bytes, streams and times.
//
// Sans-I/O: read() takes a datagram, write() makes datagrams, expiry() says when on_expiry() is
// due. Times never go back: each is at least the one before. What happened is told to the
// ConnectionOwner from inside read(), write() and on_expiry(): those functions only queue, and call
// nothing here but extend_stream(), stop*() and open_*(). What arrived counts as consumed for the
// connection's window at once, whoever took it: windows of streams bound what is held.
// Errors: a failed read(), write() or on_expiry() ends the connection; its owner asks for
// close_packet() and destroys it. Owner: the link. One thread.
#pragma once

#include <ngtcp2/ngtcp2.h>

#include <memory>
#include <optional>
#include <string_view>

#include "core/random.h"
#include "transport/address.h"
#include "transport/cid.h"
#include "transport/counted_memory.h"
#include "transport/limits.h"
#include "transport/reset_secret.h"
#include "transport/send_scheduler.h"
#include "transport/tls_session.h"
#include "wire/codes.h"

namespace runard::transport {

class ConnectionOwner {
 public:
  // Which streams have something to send.
  virtual SendScheduler& scheduler() = 0;
  // The peer opened a stream, and these are its first bytes; what is read of them is taken off.
  // Null: neither the rest nor what follows is of interest.
  virtual Stream* on_peer_stream(std::int64_t id, core::ByteView& first) = 0;
  virtual void on_streams_available() = 0;  // open_bidi() or open_uni() may work again
  virtual void on_handshake_completed() = 0;
  virtual void on_handshake_confirmed() = 0;
  // A connection id of ours came or went: packets that bear it are for this connection.
  virtual void on_own_cid(const Cid& cid, bool valid) = 0;
  // A datagram that ends with this token is the peer's stateless reset.
  virtual void on_reset_token(const ResetToken& token, bool valid) = 0;

 protected:
  ~ConnectionOwner() = default;
};

// What connections of one endpoint share. Borrowed; outlives them.
struct ConnectionContext {
  const Limits& limits;
  core::Random& random;
  const ResetSecret& reset_secret;
  std::shared_ptr<const TlsContext> tls;  // for new connections
  Address local;                          // the same for all: nodes do not migrate
};

// A client's first packet, as the acceptor read it.
struct Accepting {
  Cid client_dcid;  // what the client made up for us, in this packet
  Cid client_scid;
  std::uint32_t version = 0;
  core::ByteView token;         // a valid one of ours, or empty
  std::optional<Cid> original;  // the dcid before our Retry, with a token
};

enum class ReadOutcome : std::uint8_t {
  kOk,
  kRetry,  // acceptor: the address has to be proved first
  kDrop,   // acceptor: forget this connection, silently
  kPeerClosed,
  kFailed,  // error() says why; close_packet() tells the peer
};

// One datagram that arrived.
struct Datagram {
  core::ByteView bytes;
  Address remote;
  Address local;  // where it arrived; of no family when not known
  std::uint8_t ecn = 0;
};

// Datagrams of one length, the last may be shorter, for one sendmsg with UDP_SEGMENT.
struct Train {
  core::ByteView bytes;
  std::size_t segment = 0;
  std::uint8_t ecn = 0;
  Address remote;
  Address local;  // to send from; of no family: the system chooses
};

class Connection {
 public:
  // `first` is null for a dialler.
  static core::Result<std::unique_ptr<Connection>> create(const ConnectionContext& context,
                                                          ConnectionOwner& owner,
                                                          const Address& remote,
                                                          const Accepting* first,
                                                          core::TimePoint now);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  ReadOutcome read(const Datagram& datagram, core::TimePoint now);
  // Fills `space` (kTrainSpace bytes) with the next train. An empty one: nothing may be sent now.
  // Null: the connection failed.
  static constexpr std::size_t kTrainSpace = 65536;
  std::optional<Train> write(std::span<std::uint8_t> space, core::TimePoint now);
  core::TimePoint expiry() const;
  // False: the connection is over; silent() tells whether the peer is to be told.
  bool on_expiry(core::TimePoint now);

  // For the dialler, once the handshake is over.
  void keep_alive(core::Duration every);
  // New packet keys for both directions (RFC 9001 section 6); the old ones are forgotten, so they
  // can't be stolen later. False: the last renewal is not through yet.
  bool renew_keys(core::TimePoint now);
  // False: the peer allows no more for now.
  bool open_bidi(Stream& stream);
  bool open_uni(Stream& stream);
  // Puts `stream` in the place of another one, with its id.
  void replace(const Stream& old, Stream& stream);
  void extend_stream(Stream& stream, std::uint64_t bytes);
  void stop(std::int64_t stream, wire::ResetCode code);   // both directions
  void stop_read(Stream& stream, wire::ResetCode code);   // STOP_SENDING
  void stop_write(Stream& stream, wire::ResetCode code);  // RESET_STREAM

  // The packet that ends the connection; empty when there is none to send.
  core::Bytes close_packet(wire::CloseCode code, std::string_view reason, core::TimePoint now);
  // Why the connection ended.
  const core::Error& error() const { return error_; }
  bool silent() const { return silent_; }

  const TlsSession& tls() const { return *tls_; }
  bool is_server() const { return server_; }
  const Cid& own_cid() const { return own_cid_; }
  ResetToken own_reset_token() const { return context_.reset_secret.token(own_cid_); }
  std::size_t max_data_left() const;
  core::Duration probe_timeout() const;
  struct Info {
    core::Duration rtt{};
    std::uint64_t congestion_window = 0;
    std::uint64_t packets_lost = 0;
    std::uint64_t key_renewals = 0;  // by this side
    std::size_t memory = 0;          // of ngtcp2's
  };
  Info info() const;

 private:
  friend struct ConnectionCallbacks;
  Connection(const ConnectionContext& context, ConnectionOwner& owner, bool server);
  void fill_settings(ngtcp2_settings& settings, core::TimePoint now) const;
  void fill_params(ngtcp2_transport_params& params) const;
  core::Result<void> open(const Address& remote, const Accepting* first, core::TimePoint now);
  ngtcp2_path path(const Address& remote) const;
  ngtcp2_ssize write_packet(ngtcp2_path* path, ngtcp2_pkt_info* info, std::uint8_t* out,
                            std::size_t size, ngtcp2_tstamp at);
  void peer_stream_over(bool bidirectional);
  bool fits();
  void fail(int code);
  void note_peer_close();
  void note_alert(std::uint8_t alert);
  bool unpaced();

  const ConnectionContext& context_;
  ConnectionOwner& owner_;
  const bool server_;
  Cid own_cid_;
  CountedMemory memory_;  // before all that ngtcp2 makes
  ngtcp2_crypto_conn_ref reference_{};
  ngtcp2_conn* conn_ = nullptr;
  std::unique_ptr<TlsSession> tls_;
  ngtcp2_ccerr failure_{};
  core::Error error_;
  bool silent_ = false;
  bool blocked_ = false;  // by the connection's window, in this write()
  bool unpaced_ = false;
  std::uint64_t key_renewals_ = 0;
  std::uint64_t over_bidi_ = 0;  // streams of the peer that it may not replace yet
  std::uint64_t over_uni_ = 0;
};

}  // namespace runard::transport
