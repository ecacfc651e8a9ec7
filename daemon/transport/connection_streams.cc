// The streams of a connection: opened, given credit, stopped.
#include "transport/connection.h"

namespace runard::transport {

bool Connection::open_bidi(Stream& stream) {
  std::int64_t id = -1;
  if (ngtcp2_conn_open_bidi_stream(conn_, &id, &stream) != 0) {
    return false;
  }
  stream.set_id(id);
  return true;
}

bool Connection::open_uni(Stream& stream) {
  std::int64_t id = -1;
  if (ngtcp2_conn_open_uni_stream(conn_, &id, &stream) != 0) {
    return false;
  }
  stream.set_id(id);
  return true;
}

void Connection::replace(const Stream& old, Stream& stream) {
  stream.set_id(old.id());
  ngtcp2_conn_set_stream_user_data(conn_, old.id(), &stream);
}

void Connection::extend_stream(Stream& stream, std::uint64_t bytes) {
  ngtcp2_conn_extend_max_stream_offset(conn_, stream.id(), bytes);
}

// The peer may open as many again, a quarter of its limit at a time: each time it is told costs a
// frame, and a packet if nothing else is to be sent.
void Connection::peer_stream_over(bool bidirectional) {
  if (bidirectional && ++over_bidi_ * 4 >= context_.limits.request_streams) {
    ngtcp2_conn_extend_max_streams_bidi(conn_, std::exchange(over_bidi_, 0));
  } else if (!bidirectional && ++over_uni_ * 4 >= context_.limits.lane_streams) {
    ngtcp2_conn_extend_max_streams_uni(conn_, std::exchange(over_uni_, 0));
  }
}

void Connection::stop(std::int64_t stream, wire::ResetCode code) {
  ngtcp2_conn_shutdown_stream(conn_, 0, stream, static_cast<std::uint64_t>(code));
}

void Connection::stop_read(Stream& stream, wire::ResetCode code) {
  ngtcp2_conn_shutdown_stream_read(conn_, 0, stream.id(), static_cast<std::uint64_t>(code));
}

void Connection::stop_write(Stream& stream, wire::ResetCode code) {
  ngtcp2_conn_shutdown_stream_write(conn_, 0, stream.id(), static_cast<std::uint64_t>(code));
}

}  // namespace runard::transport
