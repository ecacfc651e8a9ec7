/* What the caller of pair.so is told and tells; see pair.c. */
#pragma once

#include <runar/plugin.h>

struct pair_result {
  uint64_t rounds;
  void (*before)(void* probe); /* around the rounds, on their thread */
  void (*after)(void* probe);
  void* probe;
  int64_t* stamps; /* NULL, or room for one time a round */
  uint64_t answered;
  uint64_t same_address; /* replies that were at the address of what was sent */
  uint64_t same_seen;    /* requests, from the second, that the callee saw at that address */
  const uint8_t* sent;
  const uint8_t* seen;
};
