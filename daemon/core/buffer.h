// Buffer: a reference to immutable, refcounted bytes. Copying it shares them; any thread may.
//
// alloc() gives bytes that its caller may write until the buffer is first shared. wrap() adopts
// memory of somebody else and calls `release` exactly once, on whichever thread drops the last
// reference. The plugin ABI's runar_buf is a Buffer::Block.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "core/bytes.h"

namespace runard::core {

class Buffer {
 public:
  using ReleaseFn = void (*)(void* user);
  struct Block {
    std::atomic<std::uint32_t> references;
    std::size_t size;
    std::uint8_t* data;
    ReleaseFn release;  // null: the bytes follow the block
    void* user;
  };

  Buffer() = default;
  // An empty Buffer when memory ran out.
  static Buffer alloc(std::size_t size);
  static Buffer copy(ByteView bytes);
  static Buffer wrap(ByteView bytes, ReleaseFn release, void* user);

  Buffer(const Buffer& other) : block_(other.block_) { retain(block_); }
  Buffer(Buffer&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Buffer& operator=(Buffer other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Buffer() { release(block_); }

  explicit operator bool() const { return block_ != nullptr; }
  ByteView view() const {
    return block_ == nullptr ? ByteView{} : ByteView{block_->data, block_->size};
  }
  std::uint8_t* data() { return block_ == nullptr ? nullptr : block_->data; }
  std::size_t size() const { return block_ == nullptr ? 0 : block_->size; }
  // Nobody else holds the bytes: they may be written again.
  bool unique() const {
    return block_ != nullptr && block_->references.load(std::memory_order_acquire) == 1;
  }

  // For the ABI adapter: hand a reference across the C boundary and take it back.
  Block* block() const { return block_; }
  Block* detach() { return std::exchange(block_, nullptr); }
  static Buffer adopt(Block* block) { return Buffer(block); }
  static Buffer share(Block* block) {
    retain(block);
    return Buffer(block);
  }
  static void retain(Block* block) {
    if (block != nullptr) {
      block->references.fetch_add(1, std::memory_order_relaxed);
    }
  }
  static void release(Block* block) {
    if (block != nullptr && block->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      destroy(block);
    }
  }

 private:
  explicit Buffer(Block* block) : block_(block) {}
  static void destroy(Block* block);
  Block* block_ = nullptr;
};

}  // namespace runard::core
