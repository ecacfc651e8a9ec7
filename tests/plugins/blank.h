/* What of a service type does nothing, and a type that is nothing else, for plugins whose entry is
 * what a test is about. */
#pragma once

#include <runar/plugin.h>

#define STR(x) {x, sizeof(x) - 1}

static inline runar_status blank_create(runar_ctx* ctx, const runar_service_args* args, void** self,
                                        runar_err* err) {
  (void)ctx;
  (void)args;
  (void)self;
  (void)err;
  return RUNAR_OK;
}
static inline runar_status blank_phase(void* self, runar_ctx* ctx, runar_err* err) {
  (void)self;
  (void)ctx;
  (void)err;
  return RUNAR_OK;
}
static inline runar_status blank_stop(void* self, runar_ctx* ctx, int64_t deadline_ns,
                                      runar_err* err) {
  (void)self;
  (void)ctx;
  (void)deadline_ns;
  (void)err;
  return RUNAR_OK;
}
static inline void blank_destroy(void* self) {
  (void)self;
}

#define BLANK_TYPE(type_name)                 \
  {.struct_size = sizeof(runar_service_type), \
   .name = STR(type_name),                    \
   .version = STR("1"),                       \
   .create = blank_create,                    \
   .init = blank_phase,                       \
   .start = blank_phase,                      \
   .stop = blank_stop,                        \
   .destroy = blank_destroy}
