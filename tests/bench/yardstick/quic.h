// Quic: the bare ngtcp2 loop: one connection over one socket, without framing, routing, tables or
// pacing. What runard adds to such a loop is what the bench wants to know.
//
// One turn: read a batch, run the timers, let the application queue, write until one train is
// full or nothing more may go; then sleep until a datagram or a timer. One clock reading a turn.
// Anything unexpected ends the program: both ends are ours.
#pragma once

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include <deque>
#include <memory>

#include "transport/tls_session.h"
#include "udp.h"

namespace yardstick {

class Quic;
ngtcp2_callbacks callbacks_of(bool server);  // for a connection whose user data is its Quic

// What runs on the connection. Inside data(), acked() and closed() it may queue, but not turn.
class App {
 public:
  virtual ~App() = default;
  virtual void ready(Quic&) {}  // once a turn, when the handshake is done
  virtual void data(Quic& quic, std::int64_t stream, Bytes bytes, bool fin) = 0;
  virtual void acked(std::int64_t /*stream*/, std::uint64_t /*bytes*/) {}
  virtual void closed(std::int64_t /*stream*/) {}
};

class Quic {
 public:
  using Tls = std::shared_ptr<const runard::transport::TlsContext>;

  // A server waits for the first packet; a client dials `server`.
  Quic(Udp& udp, Tls tls, App& app, std::size_t payload, const sockaddr_in* server);
  Quic(const Quic&) = delete;
  Quic& operator=(const Quic&) = delete;
  ~Quic();

  // False once the connection is over.
  bool turn();
  void close();  // tells the peer

  Clock::time_point now() const { return now_; }
  bool may_open() const { return ngtcp2_conn_get_streams_bidi_left2(conn_) > 0; }
  std::int64_t open();
  // `bytes` must stay until they are acknowledged or the stream is closed.
  void queue(std::int64_t stream, Bytes bytes, bool fin) { out_.push_back({stream, bytes, fin}); }
  bool idle() const { return out_.empty(); }  // all that was queued is in packets

 private:
  struct Out {
    std::int64_t stream;
    Bytes bytes;
    bool fin;
  };
  friend struct Callbacks;

  void make(const sockaddr_in& peer, Bytes first);
  bool read();
  bool write();  // true: there is more to write than one turn may
  void consume(std::size_t bytes);
  void flush();
  ngtcp2_tstamp stamp() const;
  ngtcp2_path path() const;

  Udp& udp_;
  const Tls tls_;
  App& app_;
  const std::size_t payload_;
  const bool server_;
  sockaddr_in peer_{};
  ngtcp2_crypto_conn_ref reference_{};
  ngtcp2_conn* conn_ = nullptr;
  std::unique_ptr<runard::transport::TlsSession> session_;
  bool over_ = false;
  bool up_ = false;
  Clock::time_point now_;
  std::deque<Out> out_;
  std::vector<std::uint8_t> train_;
  std::size_t filled_ = 0;
};

}  // namespace yardstick
