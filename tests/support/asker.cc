#include "support/asker.h"

namespace runard::test {

void Asker::complete(const rpc::Cookie&, const rpc::Reply& reply) noexcept {
  const std::lock_guard lock(mutex_);
  if (++count_ == 1) {
    answer_ = {reply.code, reply.app_code, reply.executed, std::string(reply.message),
               std::string(core::as_text(reply.payload.bytes))};
  }
  changed_.notify_all();
}

bool Asker::answered() {
  return count() > 0;
}

int Asker::count() {
  const std::lock_guard lock(mutex_);
  return count_;
}

Answer Asker::wait(core::Duration patience) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, patience, [this] { return count_ > 0; })) {
    Answer none;
    none.code = core::Errc::kInternal;
    none.message = "no answer in time";
    return none;
  }
  return answer_;
}

}  // namespace runard::test
