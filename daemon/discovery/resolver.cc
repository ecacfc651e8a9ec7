#include "discovery/resolver.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "discovery/static_peers.h"
#include "wire/address.h"

namespace runard::discovery {
namespace {

using Found = core::Result<std::vector<std::string>>;

struct FreeList {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

std::string to_text(const addrinfo& entry) {
  char host[NI_MAXHOST] = {};
  char port[NI_MAXSERV] = {};
  if (getnameinfo(entry.ai_addr, entry.ai_addrlen, host, sizeof host, port, sizeof port,
                  NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return {};
  }
  const std::string bracketed = entry.ai_family == AF_INET6 ? "[" + std::string(host) + "]" : host;
  return bracketed + ":" + port;
}

Found look_up_all(const std::vector<std::string>& addresses, const Resolver::Lookup& lookup) {
  std::vector<std::string> numeric;
  core::Error last = core::fail(core::Errc::kAddressUnusable, "no address");
  for (const std::string& address : addresses) {
    if (wire::Address::parse(address)) {
      numeric.push_back(address);
      continue;
    }
    const auto parsed = HostPort::parse(address);
    Found found = parsed.has_error() ? Found(parsed.error()) : lookup(parsed->host, parsed->port);
    if (found.has_error()) {
      last = found.error();
    } else {
      numeric.insert(numeric.end(), found->begin(), found->end());
    }
  }
  if (numeric.empty()) {
    return last;
  }
  numeric.resize(std::min(numeric.size(), Resolver::kMaxResults));
  return numeric;
}

bool needs_no_lookup(const std::vector<std::string>& addresses) {
  return std::all_of(addresses.begin(), addresses.end(),
                     [](const auto& text) { return wire::Address::parse(text).has_value(); });
}

}  // namespace

// Shared with the helper threads, which a name server may hold longer than the Resolver lives.
class Resolver::Pool : public std::enable_shared_from_this<Pool> {
 public:
  Pool(core::Executor& strand, Lookup lookup) : strand_(&strand), lookup_(std::move(lookup)) {}

  void add(std::vector<std::string> addresses, Done done) {
    const std::lock_guard lock(mutex_);
    if (needs_no_lookup(addresses)) {
      answer_locked(look_up_all(addresses, lookup_), std::move(done));
    } else if (jobs_.size() >= kMaxWaiting) {
      answer_locked(core::fail(core::Errc::kOverloaded, "name look-ups"), std::move(done));
    } else {
      jobs_.push_back({std::move(addresses), std::move(done)});
      start_thread_locked();
    }
  }

  void close() {
    const std::lock_guard lock(mutex_);
    strand_ = nullptr;
    jobs_.clear();
  }

 private:
  struct Job {
    std::vector<std::string> addresses;
    Done done;
  };

  void start_thread_locked() {
    if (threads_ >= kThreads) {
      return;
    }
    try {
      std::thread([pool = shared_from_this()] { pool->work(); }).detach();
      ++threads_;
    } catch (const std::system_error&) {  // no thread to be had
      if (threads_ == 0) {
        Job job = std::move(jobs_.back());
        jobs_.pop_back();
        answer_locked(core::fail(core::Errc::kSystem, "no thread for a name look-up"),
                      std::move(job.done));
      }
    }
  }

  void work() {
    std::unique_lock lock(mutex_);
    while (!jobs_.empty()) {
      Job job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      Found found = look_up_all(job.addresses, lookup_);
      lock.lock();
      answer_locked(std::move(found), std::move(job.done));
    }
    --threads_;
  }

  void answer_locked(Found found, Done done) {
    if (strand_ != nullptr) {
      strand_->post(
          [found = std::move(found), done = std::move(done)]() mutable { done(std::move(found)); });
    }
  }

  std::mutex mutex_;        // protects all below
  core::Executor* strand_;  // null: closed
  const Lookup lookup_;
  std::deque<Job> jobs_;
  std::size_t threads_ = 0;
};

Resolver::Resolver(core::Executor& strand, Lookup lookup)
    : pool_(std::make_shared<Pool>(strand, std::move(lookup))) {}

Resolver::~Resolver() {
  pool_->close();
}

void Resolver::resolve(std::vector<std::string> addresses, Done done) {
  pool_->add(std::move(addresses), std::move(done));
}

Found Resolver::system_lookup(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* raw = nullptr;
  const int failed = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &raw);
  const std::unique_ptr<addrinfo, FreeList> list(raw);
  if (failed != 0) {
    return core::fail(core::Errc::kAddressUnusable, host + ": " + gai_strerror(failed));
  }
  std::vector<std::string> found;
  for (const addrinfo* entry = list.get(); entry != nullptr; entry = entry->ai_next) {
    if (std::string text = to_text(*entry); !text.empty()) {
      found.push_back(std::move(text));
    }
  }
  return found;
}

}  // namespace runard::discovery
