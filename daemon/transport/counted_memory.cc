#include "transport/counted_memory.h"

#include <malloc.h>

#include <cstdlib>

namespace runard::transport {

CountedMemory::CountedMemory()
    : native_{this, &allocate, &release, &allocate_zeroed, &reallocate} {}

void* CountedMemory::allocate(std::size_t size, void* self) {
  void* memory = std::malloc(size);
  static_cast<CountedMemory*>(self)->held_ += malloc_usable_size(memory);
  return memory;
}

void* CountedMemory::allocate_zeroed(std::size_t count, std::size_t size, void* self) {
  void* memory = std::calloc(count, size);
  static_cast<CountedMemory*>(self)->held_ += malloc_usable_size(memory);
  return memory;
}

void* CountedMemory::reallocate(void* old, std::size_t size, void* self) {
  const std::size_t before = malloc_usable_size(old);
  void* memory = std::realloc(old, size);
  if (memory != nullptr) {
    std::size_t& held = static_cast<CountedMemory*>(self)->held_;
    held = held - before + malloc_usable_size(memory);
  }
  return memory;
}

void CountedMemory::release(void* memory, void* self) {
  static_cast<CountedMemory*>(self)->held_ -= malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace runard::transport
