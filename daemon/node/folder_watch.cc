#include "node/folder_watch.h"

#include <dirent.h>
#include <sys/inotify.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

namespace runard::node {
namespace asio = boost::asio;

FolderWatch::FolderWatch(asio::io_context& io, What what, Appeared appeared, core::Log log)
    : what_(std::move(what)),
      appeared_(std::move(appeared)),
      log_(std::move(log)),
      inotify_(io),
      timer_(io) {}

void FolderWatch::start() {
  const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  const std::uint32_t events =
      IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVE_SELF | (what_.modes ? IN_ATTRIB : 0U);
  if (fd < 0 || inotify_add_watch(fd, what_.folder.c_str(), events) < 0) {
    tell_unwatched(std::generic_category().message(errno));
    if (fd >= 0) {
      inotify_.assign(fd);
      inotify_.close();
    }
    return;
  }
  inotify_.assign(fd);
  read();
  rescan(Cause::kFound);
}

void FolderWatch::tell_unwatched(const std::string& why) const {
  log_.warn("a folder can't be watched: new files in it are not found",
            {core::field("folder", what_.folder.string()), core::field("why", why),
             core::field("do", "make the folder, then: runarctl config reload")});
}

void FolderWatch::stop() {
  boost::system::error_code ignored;  // it is only closed
  inotify_.close(ignored);
  timer_.cancel();
  settling_.clear();
}

void FolderWatch::rescan(Cause cause) {
  for (const std::string& name : names()) {
    appeared_((what_.folder / name).string(), cause);
  }
}

std::vector<std::string> FolderWatch::names() const {
  std::vector<std::string> names;
  DIR* folder = opendir(what_.folder.c_str());
  if (folder == nullptr) {
    return names;
  }
  while (const dirent* entry =
             readdir(folder)) {  // NOLINT(concurrency-mt-unsafe): this stream is ours alone
    const std::string_view name = entry->d_name;
    if (name.ends_with(what_.ending)) {
      names.emplace_back(name);
    }
  }
  closedir(folder);
  std::sort(names.begin(), names.end());
  return names;
}

void FolderWatch::read() {
  inotify_.async_read_some(asio::buffer(buffer_),
                           [this](const boost::system::error_code& error, std::size_t size) {
                             if (error) {
                               return;
                             }
                             take_events({buffer_.data(), size});
                             if (is_watching()) {
                               read();
                             }
                           });
}

void FolderWatch::take_events(std::string_view bytes) {
  while (bytes.size() >= sizeof(inotify_event)) {
    inotify_event event{};
    std::memcpy(&event, bytes.data(), sizeof event);
    std::string name(bytes.substr(sizeof event, event.len));
    name.resize(std::min(name.size(), name.find('\0')));  // the kernel pads with zeros
    bytes.remove_prefix(std::min(bytes.size(), sizeof event + event.len));
    if ((event.mask & (IN_IGNORED | IN_MOVE_SELF)) != 0) {
      tell_unwatched("it was removed, or has another name now");
      boost::system::error_code ignored;  // it is only closed
      inotify_.close(ignored);
      return;
    }
    if ((event.mask & IN_Q_OVERFLOW) != 0) {
      rescan(Cause::kMissed);
    } else if (name.ends_with(what_.ending)) {
      settle(name, (event.mask & IN_ATTRIB) != 0 ? Cause::kAllowed : Cause::kWritten);
    } else if (name.empty() && (event.mask & IN_ATTRIB) != 0) {  // the folder itself
      for (const std::string& file : names()) {
        settle(file, Cause::kAllowed);
      }
    }
  }
}

// A file that was written and got its mode then is one that was written.
void FolderWatch::settle(const std::string& name, Cause cause) {
  Cause& settling = settling_.try_emplace((what_.folder / name).string(), cause).first->second;
  settling = cause == Cause::kWritten ? cause : settling;
  arm();
}

void FolderWatch::arm() {
  timer_.expires_after(kSettle);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) {
      return;
    }
    for (const auto& [path, cause] : std::exchange(settling_, {})) {
      appeared_(path, cause);
    }
  });
}

}  // namespace runard::node
