// Counts what a thread allocates and which locks it takes (counters.cc replaces the
// global operator new and wraps pthread's locks for this test program).
#pragma once

#include <cstdint>

struct Counts {
  std::uint64_t allocations = 0;
  std::uint64_t locks = 0;
};

// Of this thread, since it began.
Counts counts();
// Locks can't be counted where a sanitizer wraps them itself.
bool counts_locks();
