#include "transport/send_queue.h"

#include <utility>

namespace runard::transport {
namespace {
constexpr std::size_t kLargestSpare = 256 * 1024;
}

void SendQueue::push(core::Bytes chunk) {
  if (!chunk.empty()) {
    size_ += chunk.size();
    chunks_.push_back(std::move(chunk));
  }
}

void SendQueue::add_unsent(SendParts& parts) const {
  std::size_t skip = in_current_;
  for (std::size_t i = current_; i < chunks_.size() && parts.count < SendParts::kMost; ++i) {
    parts.add(core::ByteView(chunks_[i]).subspan(skip));
    skip = 0;
  }
}

void SendQueue::sent(std::size_t bytes) {
  in_current_ += bytes;
  while (current_ < chunks_.size() && in_current_ >= chunks_[current_].size()) {
    in_current_ -= chunks_[current_].size();
    ++current_;
  }
}

std::size_t SendQueue::acked(std::uint64_t offset) {
  std::size_t freed = 0;
  while (current_ > 0 && base_ + chunks_.front().size() <= offset) {
    core::Bytes& first = chunks_.front();
    base_ += first.size();
    freed += first.size();
    if (first.capacity() <= kLargestSpare) {
      first.clear();
      spare_ = std::move(first);
    }
    chunks_.pop_front();
    --current_;
  }
  size_ -= freed;
  return freed;
}

core::Bytes SendQueue::spare() {
  return std::exchange(spare_, {});
}

}  // namespace runard::transport
