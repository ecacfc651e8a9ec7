// ProcessPair: this process as the client and a forked one as the server, each pinned to a CPU of
// its own where there are two. The server is killed when the pair goes, or when the client dies.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>

namespace yardstick {

// Memory that both see.
struct Shared {
  std::atomic<std::uint64_t> bytes;  // that the server received
};

class ProcessPair {
 public:
  explicit ProcessPair(const std::function<void(Shared&)>& server);
  ProcessPair(const ProcessPair&) = delete;
  ProcessPair& operator=(const ProcessPair&) = delete;
  ~ProcessPair();

  const Shared& shared() const { return *shared_; }
  double cpu_seconds() const;  // of both, since each began

 private:
  Shared* shared_;
  pid_t server_;
};

}  // namespace yardstick
