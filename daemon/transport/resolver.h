// Resolver: names to addresses, on a few helper threads, so that a name server that does not answer
// delays neither links nor, while a thread is free, other names. Bounded: kMostWaiting names wait,
// more are refused.
// Any thread. The destructor does not wait for name servers: what is under way is never answered.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/function.h"
#include "transport/address.h"

namespace runard::transport {

class Resolver {
 public:
  static constexpr std::size_t kThreads = 8;
  static constexpr std::size_t kMostWaiting = 256;
  // On a helper thread, one at a time. Empty: the name has no address.
  using Done = core::UniqueFunction<void(std::vector<Address>)>;
  // All addresses of a host, whatever their port.
  using LookUp = std::function<std::vector<Address>(const std::string& host)>;

  // `look_up`: the system's, but in tests.
  explicit Resolver(LookUp look_up = system_look_up);
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  ~Resolver();

  // False: too many wait, or no thread can be had.
  bool resolve(HostPort name, Done done);

  static std::vector<Address> system_look_up(const std::string& host);

 private:
  class Pool;
  std::shared_ptr<Pool> pool_;
};

}  // namespace runard::transport
