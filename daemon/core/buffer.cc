#include "core/buffer.h"

#include <cstdlib>
#include <cstring>
#include <new>

namespace runard::core {

Buffer Buffer::alloc(std::size_t size) {
  void* memory = std::malloc(sizeof(Block) + size);
  if (memory == nullptr) {
    return {};
  }
  auto* block = new (memory)
      Block{1, size, static_cast<std::uint8_t*>(memory) + sizeof(Block), nullptr, nullptr};
  return Buffer(block);
}

Buffer Buffer::copy(ByteView bytes) {
  Buffer buffer = alloc(bytes.size());
  if (buffer && !bytes.empty()) {
    std::memcpy(buffer.block_->data, bytes.data(), bytes.size());
  }
  return buffer;
}

Buffer Buffer::wrap(ByteView bytes, ReleaseFn release, void* user) {
  void* memory = std::malloc(sizeof(Block));
  if (memory == nullptr) {
    return {};
  }
  // The bytes stay read-only: writing goes through data() of an alloc()ed buffer only.
  auto* data = const_cast<std::uint8_t*>(bytes.data());
  return Buffer(new (memory) Block{1, bytes.size(), data, release, user});
}

void Buffer::destroy(Block* block) {
  if (block->release != nullptr) {
    block->release(block->user);
  }
  block->~Block();
  std::free(block);
}

}  // namespace runard::core
