// Buffers of the test host.
#pragma once

#include <runar/testing/core.hpp>

namespace runar::testing {

struct BufferRow {
  std::atomic<std::uint32_t> references{1};
  Core* core = nullptr;
  Bytes own;
  runar_free_fn release = nullptr;
  void* user = nullptr;
};

namespace table {

inline Core& core(runar_ctx* ctx) {
  return *Core::row(ctx).core;
}

inline runar_buf* handle(BufferRow* row) {
  return reinterpret_cast<runar_buf*>(row);
}
inline BufferRow* row(runar_buf* buffer) {
  return reinterpret_cast<BufferRow*>(buffer);
}
inline runar_buf* buf_alloc(runar_ctx* ctx, std::size_t size, std::uint8_t** bytes) {
  if (core(ctx).refused(ctx, "buf_alloc") < 0) {
    return nullptr;
  }
  auto* made = new BufferRow;
  made->core = &core(ctx);
  made->own.resize(size);
  *bytes = made->own.data();
  ++made->core->buffers;
  return handle(made);
}
inline runar_buf* buf_wrap(runar_ctx* ctx, runar_bytes, runar_free_fn release, void* user) {
  if (core(ctx).refused(ctx, "buf_wrap") < 0) {
    return nullptr;
  }
  auto* made = new BufferRow;
  made->core = &core(ctx);
  made->release = release;
  made->user = user;
  ++made->core->buffers;
  return handle(made);
}
inline void buf_retain(runar_buf* buffer) {
  ++row(buffer)->references;
}
inline void buf_release(runar_buf* buffer) {
  BufferRow* it = row(buffer);
  if (--it->references == 0) {
    --it->core->buffers;
    if (it->release != nullptr) {
      it->release(it->user);
    }
    delete it;
  }
}

}  // namespace table

}  // namespace runar::testing
