// CountedMemory: the allocator of one ngtcp2_conn; it knows how much is held.
//
// A peer decides about much of it: each byte sent apart from its neighbours costs ngtcp2 some
// ninety bytes until what is between arrives, a thousand times over on each stream. Lifetime:
// longer than the ngtcp2_conn, and never moved. One thread.
#pragma once

#include <ngtcp2/ngtcp2.h>

#include <cstddef>

namespace runard::transport {

class CountedMemory {
 public:
  CountedMemory();
  CountedMemory(const CountedMemory&) = delete;
  CountedMemory& operator=(const CountedMemory&) = delete;

  const ngtcp2_mem& native() const { return native_; }
  std::size_t held() const { return held_; }

 private:
  static void* allocate(std::size_t size, void* self);
  static void* allocate_zeroed(std::size_t count, std::size_t size, void* self);
  static void* reallocate(void* old, std::size_t size, void* self);
  static void release(void* memory, void* self);

  ngtcp2_mem native_;
  std::size_t held_ = 0;
};

}  // namespace runard::transport
