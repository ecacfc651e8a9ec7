#include "core/burst.h"

namespace runard::core {

thread_local constinit Burst* Burst::open_ = nullptr;

Burst::~Burst() {
  open_ = outer_;
  if (sleepers_ != nullptr) {
    sleepers_->wake(count_);
  }
}

bool Burst::hold(Sleepers& sleepers) {
  Burst* const burst = open_;
  if (burst == nullptr || (burst->sleepers_ != nullptr && burst->sleepers_ != &sleepers)) {
    return false;
  }
  burst->sleepers_ = &sleepers;
  ++burst->count_;
  return true;
}

}  // namespace runard::core
