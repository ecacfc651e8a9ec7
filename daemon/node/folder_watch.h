// FolderWatch: tells which files of one kind appear in a folder, or get another mode or owner, once
// each has been still for kSettle. inotify(7).
//
// A file that is copied in slowly is reported when it is complete; a rescan follows when the kernel
// lost events. One thread: the io_context's.
#pragma once

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/log.h"

namespace runard::node {

class FolderWatch {
 public:
  static constexpr core::Duration kSettle = std::chrono::milliseconds(300);
  enum class Cause : std::uint8_t {
    kFound,    // it was there when the watch began
    kWritten,  // it came or changed just now
    kMissed,   // it may have: the kernel lost events
    kAllowed,  // its mode or owner changed, or the folder's did: only where What asks for it
  };
  using Appeared = std::function<void(const std::string& path, Cause cause)>;

  struct What {
    std::filesystem::path folder;
    std::string ending;  // of the names: ".so"
    // Also kAllowed. Not for a folder whose modes the one who is told sets himself.
    bool modes = false;
  };
  FolderWatch(boost::asio::io_context& io, What what, Appeared appeared, core::Log log);
  // Reports what is there already, then what comes. A folder that can't be watched, or no
  // longer, since it was removed, is logged, not fatal: start() may be tried again.
  void start();
  bool is_watching() const { return inotify_.is_open(); }
  void stop();
  void rescan(Cause cause);

 private:
  void tell_unwatched(const std::string& why) const;
  void read();
  void take_events(std::string_view bytes);
  void settle(const std::string& name, Cause cause);
  std::vector<std::string> names() const;  // of that kind that are in the folder, sorted
  void arm();

  const What what_;
  const Appeared appeared_;
  const core::Log log_;
  boost::asio::posix::stream_descriptor inotify_;
  boost::asio::steady_timer timer_;
  std::map<std::string, Cause> settling_;  // reported once nothing has come for kSettle
  std::array<char, 4096> buffer_{};
};

}  // namespace runard::node
