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
  auto held = std::make_unique<HeldBody>(HeldBody{std::move(memory), std::move(body)});
  core::Buffer wrapped = core::Buffer::wrap(held->body.view(), let_go, held.get());
  if (!wrapped) {
    return std::move(held->body);
  }
  held->memory->incoming.adjust(-static_cast<std::int64_t>(held->body.size()));
  static_cast<void>(held.release());  // let_go() has it
  return wrapped;
}

}  // namespace runard::transport
