// LoadTask: loads one plugin file on a thread that may wait, and brings the result back to the
// control strand. A file that takes longer than kPatience (its constructors or its entry hang) has
// failed.
#pragma once

#include <filesystem>
#include <memory>

#include "core/function.h"
#include "plugin_host/control.h"
#include "plugin_host/library.h"

namespace runard::plugin_host {

class LoadTask final : public Runnable {
 public:
  using Done = core::UniqueFunction<void(core::Result<Library*>)>;
  static constexpr core::Duration kPatience = std::chrono::seconds(30);

  // Control strand; `done` comes there, once.
  static void begin(Control& control, std::shared_ptr<Libraries> libraries,
                    std::filesystem::path file, Done done);

  void run() noexcept override;

 private:
  struct Waiter {
    Done done;
    core::TimerId timer = 0;
  };
  LoadTask(std::shared_ptr<ControlLink> link, core::Executor& control,
           std::shared_ptr<Libraries> libraries, std::filesystem::path file);

  const std::shared_ptr<ControlLink> link_;
  core::Executor& control_;
  const std::shared_ptr<Libraries> libraries_;
  const std::filesystem::path file_;
  std::shared_ptr<Waiter> waiter_;  // of the control strand
};

}  // namespace runard::plugin_host
