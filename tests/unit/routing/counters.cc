#include "unit/routing/counters.h"

#include <dlfcn.h>
#include <pthread.h>

#include <cstddef>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define RUNARD_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define RUNARD_SANITIZED 1
#endif
#endif

namespace {

thread_local Counts thread_counts;

void* counted(std::size_t size, std::size_t alignment) {
  ++thread_counts.allocations;
  void* memory =
      alignment <= alignof(std::max_align_t)
          ? std::malloc(size)
          : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (memory == nullptr) {
    std::abort();
  }
  return memory;
}

}  // namespace

Counts counts() {
  return thread_counts;
}

void* operator new(std::size_t size) {
  return counted(size, 1);
}
void* operator new[](std::size_t size) {
  return counted(size, 1);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

#ifdef RUNARD_SANITIZED

bool counts_locks() {
  return false;
}

#else

bool counts_locks() {
  return true;
}

namespace {

template <class Lock>
using LockFn = int (*)(Lock*);

// The C library's own function behind ours.
template <class Lock>
LockFn<Lock> real(const char* name) {
  return reinterpret_cast<LockFn<Lock>>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  static const auto next = real<pthread_mutex_t>("pthread_mutex_lock");
  ++thread_counts.locks;
  return next(mutex);
}

extern "C" int pthread_mutex_trylock(pthread_mutex_t* mutex) noexcept {
  static const auto next = real<pthread_mutex_t>("pthread_mutex_trylock");
  ++thread_counts.locks;
  return next(mutex);
}

extern "C" int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
  static const auto next = real<pthread_rwlock_t>("pthread_rwlock_rdlock");
  ++thread_counts.locks;
  return next(lock);
}

extern "C" int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
  static const auto next = real<pthread_rwlock_t>("pthread_rwlock_wrlock");
  ++thread_counts.locks;
  return next(lock);
}

#endif
