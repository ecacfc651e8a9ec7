#include "transport/held_body.h"

namespace runard::transport {
namespace {

struct HeldBody {
  std::shared_ptr<SharedMemory> memory;
  core::Buffer body;
};

void let_go(void* user) {
  const std::unique_ptr<HeldBody> held(static_cast<HeldBody*>(user));
  held->memory->incoming.give(held->body.size());
}

}  // namespace

// What is here already counts, room or not: later messages wait for it.
core::Buffer hold_body(std::shared_ptr<SharedMemory> memory, core::Buffer body) {
  auto made = std::make_unique<HeldBody>(HeldBody{std::move(memory), std::move(body)});
  HeldBody* const held = made.release();
  held->memory->incoming.adjust(-static_cast<std::int64_t>(held->body.size()));
  core::Buffer wrapped = core::Buffer::wrap(held->body.view(), let_go, held);
  if (!wrapped) {
    core::Buffer plain = held->body;
    let_go(held);
    return plain;
  }
  return wrapped;
}

}  // namespace runard::transport
