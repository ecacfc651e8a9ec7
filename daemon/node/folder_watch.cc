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
  if (fd < 0 || inotify_add_watch(fd, what_.folder.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO) < 0) {
    log_.warn("a folder can't be watched: new files in it are not found",
              {core::field("folder", what_.folder.string()),
               core::field("why", std::generic_category().message(errno)),
               core::field("do", "make the folder, then: runarctl config reload")});
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

void FolderWatch::stop() {
  boost::system::error_code ignored;  // it is only closed
  inotify_.close(ignored);
  timer_.cancel();
  settling_.clear();
}

void FolderWatch::rescan(Cause cause) {
  DIR* folder = opendir(what_.folder.c_str());
  if (folder == nullptr) {
    return;
  }
  std::vector<std::string> names;
  while (const dirent* entry =
             readdir(folder)) {  // NOLINT(concurrency-mt-unsafe): this stream is ours alone
    names.emplace_back(entry->d_name);
  }
  closedir(folder);
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    if (name.ends_with(what_.ending)) {
      appeared_((what_.folder / name).string(), cause);
    }
  }
}

void FolderWatch::read() {
  inotify_.async_read_some(asio::buffer(buffer_),
                           [this](const boost::system::error_code& error, std::size_t size) {
                             if (error) {
                               return;
                             }
                             take_events({buffer_.data(), size});
                             read();
                           });
}

void FolderWatch::take_events(std::string_view bytes) {
  while (bytes.size() >= sizeof(inotify_event)) {
    inotify_event event{};
    std::memcpy(&event, bytes.data(), sizeof event);
    std::string name(bytes.substr(sizeof event, event.len));
    name.resize(std::min(name.size(), name.find('\0')));  // the kernel pads with zeros
    bytes.remove_prefix(std::min(bytes.size(), sizeof event + event.len));
    if ((event.mask & IN_Q_OVERFLOW) != 0) {
      rescan(Cause::kMissed);
    } else if (name.ends_with(what_.ending)) {
      settling_.insert((what_.folder / name).string());
      arm();
    }
  }
}

void FolderWatch::arm() {
  timer_.expires_after(kSettle);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) {
      return;
    }
    for (const std::string& path : std::exchange(settling_, {})) {
      appeared_(path, Cause::kWritten);
    }
  });
}

}  // namespace runard::node
