// Buffers: host->buf_alloc, buf_wrap, buf_retain, buf_release. A runar_buf is a core::Buffer's
// block.
#include "plugin_host/abi.h"
#include "plugin_host/abi_entry.h"
#include "plugin_host/abi_values.h"

namespace runard::plugin_host {
namespace {

runar_buf* buf_alloc(runar_ctx* raw, std::size_t len, std::uint8_t** bytes) {
  const Entry entry(raw);
  if (!entry || bytes == nullptr || len > entry.runtime().limits.payload) {
    return nullptr;
  }
  core::Buffer buffer = core::Buffer::alloc(len);
  *bytes = buffer.data();
  return to_abi(buffer.detach());
}

// Memory of a plugin that others may still read: the instance is not destroyed before.
struct Wrapped {
  Context* context;
  runar_free_fn release;
  void* user;
};

void release_wrapped(void* raw) {
  const std::unique_ptr<Wrapped> wrapped(static_cast<Wrapped*>(raw));
  if (wrapped->release != nullptr) {
    wrapped->release(wrapped->user);
  }
  wrapped->context->wrapped(-1);
}

runar_buf* buf_wrap(runar_ctx* raw, runar_bytes bytes, runar_free_fn release, void* user) {
  const Entry entry(raw);
  if (!entry || (bytes.ptr == nullptr && bytes.len != 0) ||
      bytes.len > entry.runtime().limits.payload) {
    return nullptr;
  }
  std::unique_ptr<Wrapped> wrapped(new (std::nothrow) Wrapped{&entry.context(), release, user});
  core::Buffer buffer = wrapped == nullptr ? core::Buffer()
                                           : core::Buffer::wrap({bytes.ptr, bytes.len},
                                                                release_wrapped, wrapped.get());
  if (!buffer) {
    return nullptr;  // never begun, so `release` never runs
  }
  static_cast<void>(wrapped.release());  // NOLINT(bugprone-unused-return-value): the buffer's now
  entry.context().wrapped(1);
  return to_abi(buffer.detach());
}

void buf_retain(runar_buf* buffer) {
  core::Buffer::retain(from_abi(buffer));
}

void buf_release(runar_buf* buffer) {
  core::Buffer::release(from_abi(buffer));
}

}  // namespace

void put_buffer_functions(runar_host& table) {
  table.buf_alloc = buf_alloc;
  table.buf_wrap = buf_wrap;
  table.buf_retain = buf_retain;
  table.buf_release = buf_release;
}

}  // namespace runard::plugin_host
