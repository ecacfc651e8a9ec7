// How much memory the process holds from malloc: for tests of bounds.
#pragma once

#include <malloc.h>

#include <cstddef>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RUNARD_TEST_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(RUNARD_TEST_SANITIZED)
#undef RUNARD_TEST_SANITIZED
#define RUNARD_TEST_SANITIZED 1
// <sanitizer/allocator_interface.h> has it, which gcc's packages lack.
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace runard::testing {

inline std::size_t allocated_bytes() {
#if defined(RUNARD_TEST_SANITIZED)
  return __sanitizer_get_current_allocated_bytes();
#else
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
#endif
}

}  // namespace runard::testing
