#include "transport/resolver.h"

#include <netdb.h>

#include <memory>

namespace runard::transport {
namespace {

constexpr std::size_t kMostAddresses = 16;  // of one name

std::vector<Address> look_up(const HostPort& name) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  if (::getaddrinfo(name.host.c_str(), nullptr, &hints, &found) != 0) {
    return {};
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  std::vector<Address> addresses;
  for (const addrinfo* at = found; at != nullptr && addresses.size() < kMostAddresses;
       at = at->ai_next) {
    const auto address = Address::from(at->ai_addr);
    if (address) {
      addresses.push_back(address->with_port(name.port));
    }
  }
  return addresses;
}

}  // namespace

Resolver::~Resolver() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    jobs_.clear();
  }
  work_.notify_all();
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

bool Resolver::resolve(HostPort name, Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (jobs_.size() >= kMostWaiting) {
      return false;
    }
    jobs_.push_back({std::move(name), std::move(done)});
    if (idle_ < jobs_.size() && threads_.size() < kThreads) {
      threads_.emplace_back([this] { run(); });
    }
  }
  work_.notify_one();
  return true;
}

void Resolver::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    work_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    --idle_;
    if (stopping_) {
      return;
    }
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job.done(look_up(job.name));
    lock.lock();
  }
}

}  // namespace runard::transport
