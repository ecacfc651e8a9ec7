#include "transport/resolver.h"

#include <netdb.h>

#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace runard::transport {
namespace {

constexpr std::size_t kMostAddresses = 16;  // of one name

}  // namespace

// Shared with the helper threads, which a name server may hold longer than the Resolver lives.
class Resolver::Pool : public std::enable_shared_from_this<Pool> {
 public:
  explicit Pool(LookUp look_up) : look_up_(std::move(look_up)) {}

  bool add(HostPort name, Done done) {
    const std::lock_guard lock(mutex_);
    if (jobs_.size() >= kMostWaiting) {
      return false;
    }
    jobs_.push_back({std::move(name), std::move(done)});
    if (threads_ < kThreads && !start_thread() && threads_ == 0) {
      jobs_.pop_back();
      return false;
    }
    return true;
  }

  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    jobs_.clear();
  }

 private:
  struct Job {
    HostPort name;
    Done done;
  };

  bool start_thread() {
    try {
      std::thread([pool = shared_from_this()] { pool->work(); }).detach();
    } catch (const std::system_error&) {  // no thread to be had
      return false;
    }
    ++threads_;
    return true;
  }

  void work() {
    std::unique_lock lock(mutex_);
    while (!jobs_.empty()) {
      Job job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      std::vector<Address> found = look_up_(job.name.host);
      for (Address& address : found) {
        address = address.with_port(job.name.port);
      }
      lock.lock();
      if (!closed_) {  // under the mutex, so that nobody is called once close() is over
        job.done(std::move(found));
      }
    }
    --threads_;
  }

  const LookUp look_up_;
  std::mutex mutex_;  // protects what follows
  std::deque<Job> jobs_;
  std::size_t threads_ = 0;
  bool closed_ = false;
};

Resolver::Resolver(LookUp look_up) : pool_(std::make_shared<Pool>(std::move(look_up))) {}

Resolver::~Resolver() {
  pool_->close();
}

bool Resolver::resolve(HostPort name, Done done) {
  return pool_->add(std::move(name), std::move(done));
}

std::vector<Address> Resolver::system_look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) {
    return {};
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  std::vector<Address> addresses;
  for (const addrinfo* at = found; at != nullptr && addresses.size() < kMostAddresses;
       at = at->ai_next) {
    if (const auto address = Address::from(at->ai_addr)) {
      addresses.push_back(*address);
    }
  }
  return addresses;
}

}  // namespace runard::transport
