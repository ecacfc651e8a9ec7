// Phases: runs the lifecycle calls of one instance, one at a time, on its strand: those of its
// life, and while it runs health and reconfigure.
//
// A phase that returns RUNAR_PENDING ends with host->phase_done, from any thread, which may come
// before the call has returned. A registration that was refused inside init fails init, whatever it
// returns. How long a phase may take is watched by the caller: one that hangs never ends here.
// host->phase_done(STOP) of an instance that nobody stops says that it has ended by itself.
// Threading: begin() by the control strand, when no phase runs; the rest from any thread.
#pragma once

#include <runar/plugin.h>

#include <mutex>
#include <optional>
#include <string>

#include "core/clock.h"
#include "core/function.h"
#include "core/result.h"
#include "plugin_host/strand.h"

namespace runard::plugin_host {

class Instance;

enum class Phase : std::uint8_t {
  kNone,
  kCreate,
  kInit,
  kStart,
  kStop,
  kDestroy,
  kHealth,
  kReconfigure
};
const char* phase_text(Phase phase);

class Phases final : public StrandTask {
 public:
  // Called once, on the strand or inside phase_done. The status is RUNAR_OK or above.
  using Done = core::UniqueFunction<void(core::Result<runar_status>)>;

  explicit Phases(Instance& instance) : instance_(instance) {}

  // `argument`: the configuration, for kReconfigure.
  void begin(Phase phase, core::TimePoint deadline, Done done, std::string argument = {});
  // From now on the instance may end by itself; `ended` is called for that, at most once: at once
  // when it has done so since its start.
  void allow_end(Done ended);
  // host->phase_done. INVALID or STALE when no such phase is running.
  runar_status answer_pending(std::uint32_t phase, runar_status status, std::string_view message);
  // A host call that registers something was refused.
  void note_refused(std::string_view what, runar_status status);
  Phase current() const;

  void run() noexcept override;  // on the strand

 private:
  struct Outcome {
    runar_status status = RUNAR_OK;
    std::string message;
  };
  Outcome call_phase(Phase phase, core::TimePoint deadline, const std::string& argument);
  void finish(Outcome outcome);
  core::Result<runar_status> result_of(Phase phase, const Outcome& outcome) const;

  Instance& instance_;
  mutable std::mutex mutex_;  // protects all below
  Phase phase_ = Phase::kNone;
  core::TimePoint deadline_{};
  std::string argument_;
  Done done_;
  Done ended_;           // empty: it may not end by itself (any more)
  bool starts_ = false;  // start was successful, and nobody has come to hear of its end yet
  std::optional<Outcome> ended_early_;  // since
  bool returned_pending_ = false;
  std::optional<Outcome> early_;  // phase_done that came before the call had returned
  std::string refused_;           // the first registration of init that was refused
  runar_status refusal_ = RUNAR_OK;
};

}  // namespace runard::plugin_host
