// Resolver: turns the addresses of a dial into numeric ones, asking the system's name service for
// names, each time anew. Names are looked up on helper threads (at most kThreads at once), so
// neither the strand nor an address without a name ever waits for a name server.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/executor.h"
#include "core/result.h"

namespace runard::discovery {

class Resolver {
 public:
  static constexpr std::size_t kThreads = 8;
  static constexpr std::size_t kMaxWaiting = 256;
  static constexpr std::size_t kMaxResults = 16;

  // All addresses of a host, as "10.0.0.5:8889" or "[fe80::1%2]:8889".
  using Lookup = std::function<core::Result<std::vector<std::string>>(const std::string& host,
                                                                      std::uint16_t port)>;
  using Done = core::UniqueFunction<void(core::Result<std::vector<std::string>>)>;

  // `strand` outlives it.
  explicit Resolver(core::Executor& strand, Lookup lookup = system_lookup);
  // Look-ups that are under way are never answered. Does not wait for name servers.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // Strand only. `done` is posted to the strand: what the addresses lead to, at least one and at
  // most kMaxResults; kAddressUnusable when that is nothing; kOverloaded when too much is waiting.
  void resolve(std::vector<std::string> addresses, Done done);

  static core::Result<std::vector<std::string>> system_lookup(const std::string& host,
                                                              std::uint16_t port);

 private:
  class Pool;
  std::shared_ptr<Pool> pool_;
};

}  // namespace runard::discovery
