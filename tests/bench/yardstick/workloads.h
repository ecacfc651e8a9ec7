// The workloads of the yardstick. Each makes its own pair of processes and runs for a while.
#pragma once

#include "figure.h"

namespace yardstick {

using Seconds = std::chrono::duration<double>;

Figure udp_ping_pong(const char* name, Seconds length);  // 300 B there and back, blocking
Figure udp_bulk(const char* name, Seconds length);       // trains of 44 x 1452 B, GSO and GRO

// Packets of `payload` bytes sealed with AES-128-GCM as QUIC does it, and thrown away: one process.
Figure seal(const char* name, Seconds length, std::size_t payload);

// 256 B there and back, each on a stream of its own, `depth` of them in flight.
Figure quic_echo(const char* name, Seconds length, std::size_t depth);
// One stream, one way, packets of `payload` bytes.
Figure quic_bulk(const char* name, Seconds length, std::size_t payload);

}  // namespace yardstick
