#include "plugin_host/load_task.h"

#include <exception>

namespace runard::plugin_host {
namespace {

core::Result<Library*> load_file(Libraries& libraries, const std::filesystem::path& file) {
  try {
    return libraries.load(file);
  } catch (const std::exception& e) {  // memory, or a file system that throws
    return core::fail(core::Errc::kPluginLoadFailed, file.string() + ": " + e.what());
  }
}

}  // namespace

LoadTask::LoadTask(std::shared_ptr<ControlLink> link, core::Executor& control,
                   std::shared_ptr<Libraries> libraries, std::filesystem::path file)
    : link_(std::move(link)),
      control_(control),
      libraries_(std::move(libraries)),
      file_(std::move(file)) {}

void LoadTask::begin(Control& control, std::shared_ptr<Libraries> libraries,
                     std::filesystem::path file, Done done) {
  // Owned by itself from here: run() is its last use.
  auto* const task =
      new LoadTask(control.link, control.executor, std::move(libraries), std::move(file));
  task->waiter_ = std::make_shared<Waiter>();
  task->waiter_->done = std::move(done);
  task->waiter_->timer =
      control.executor.after(kPatience, [waiter = task->waiter_, name = task->file_.string()] {
        if (Done late = std::move(waiter->done)) {
          late(core::fail(core::Errc::kPluginLoadFailed, name + ": loading does not end"));
        }
      });
  control.runtime->blocking.submit(*task);
}

void LoadTask::run() noexcept {
  const std::unique_ptr<LoadTask> self(this);
  auto library = load_file(*libraries_, file_);
  link_->post(
      [waiter = std::move(waiter_), control = &control_, library = std::move(library)]() mutable {
        if (Done done = std::move(waiter->done)) {
          control->cancel(waiter->timer);
          done(std::move(library));
        }
      });
}

}  // namespace runard::plugin_host
