// Asker: who sends a request and waits for its answer.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>

#include "core/clock.h"
#include "rpc/handler.h"

namespace runard::test {

struct Answer {
  core::Errc code{};
  std::int32_t app_code = 0;
  core::Executed executed{};
  std::string message;
  std::string payload;
};

// Keeps what comes back for one request.
class Asker final : public rpc::Completion {
 public:
  void complete(const rpc::Cookie& cookie, const rpc::Reply& reply) noexcept override;
  bool answered();
  int count();
  // For as long as a test may take at most; then the answer is kInternal.
  Answer wait(core::Duration patience = std::chrono::seconds(10));

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
  Answer answer_;
};

}  // namespace runard::test
