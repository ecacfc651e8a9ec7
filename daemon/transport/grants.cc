#include "transport/grants.h"

#include <algorithm>

namespace runard::transport {

bool MemoryBudget::take(std::uint64_t bytes, bool leave_half) {
  const auto wanted = static_cast<std::int64_t>(bytes);
  std::int64_t left = left_.load(std::memory_order_relaxed);
  do {
    if (wanted > left - (leave_half ? half_ : 0)) {
      return false;
    }
  } while (!left_.compare_exchange_weak(left, left - wanted, std::memory_order_relaxed));
  return true;
}

void Grants::want(Connection& connection, Stream& stream, Grant& grant, std::uint64_t needed,
                  std::uint64_t window) {
  if (grant.wanted != 0 || grant.held != 0) {
    return;
  }
  grant.wanted = std::max(needed - window, window);
  queue_.push_back({&stream, &grant});
  serve(connection);
}

void Grants::end(const Stream& stream, Grant& grant) {
  if (grant.wanted != 0) {
    std::erase_if(queue_, [&](const Waiting& w) { return w.stream == &stream; });
  }
  given_ -= grant.held;
  budget_.give(grant.held);
  grant = {};
}

void Grants::serve(Connection& connection) {
  while (!queue_.empty()) {
    const Waiting first = queue_.front();
    const std::uint64_t bytes = first.grant->wanted;
    if (given_ + bytes > limit_ || !budget_.take(bytes)) {
      return;
    }
    queue_.pop_front();
    given_ += bytes;
    *first.grant = {0, bytes};
    connection.extend_stream(*first.stream, bytes);
  }
}

}  // namespace runard::transport
