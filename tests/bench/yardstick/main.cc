// yardstick [SECONDS [NAME...]]: what this machine can do at best: a bare ngtcp2 loop and raw UDP,
// each as two pinned processes over loopback. One line of JSON a workload.
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "workloads.h"

namespace {

using yardstick::Seconds;

bool wanted(int argc, char** argv, std::string_view name) {
  for (int i = 2; i < argc; ++i) {
    if (name == argv[i]) {
      return true;
    }
  }
  return argc <= 2;
}

}  // namespace

int main(int argc, char** argv) {
  const Seconds length(argc > 1 ? std::atof(argv[1]) : 1.0);
  if (length <= Seconds(0)) {
    std::fprintf(stderr, "usage: yardstick [SECONDS [NAME...]]\n");
    return 2;
  }
  constexpr std::pair<const char*, yardstick::Figure (*)(const char*, Seconds)> kWorkloads[] = {
      {"udp-ping-pong", yardstick::udp_ping_pong},
      {"udp-bulk", yardstick::udp_bulk},
      {"quic-echo-1", [](const char* n, Seconds s) { return yardstick::quic_echo(n, s, 1); }},
      {"quic-echo-64", [](const char* n, Seconds s) { return yardstick::quic_echo(n, s, 64); }},
      {"seal", [](const char* n, Seconds s) { return yardstick::seal(n, s, 1452); }},
      {"quic-bulk", [](const char* n, Seconds s) { return yardstick::quic_bulk(n, s, 1452); }},
      {"quic-bulk-8952", [](const char* n, Seconds s) { return yardstick::quic_bulk(n, s, 8952); }},
  };
  for (const auto& [name, workload] : kWorkloads) {
    if (wanted(argc, argv, name)) {
      print(workload(name, length));
    }
  }
}
