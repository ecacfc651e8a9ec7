#include "config/sources.h"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace runard::config {

core::Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const auto unreadable = [](int error) {
    return core::fail(core::Errc::kConfigUnreadable, std::generic_category().message(error));
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"),
                                                             &std::fclose);
  if (!file) {
    return unreadable(errno);
  }
  std::string content(limit + 1, '\0');
  content.resize(std::fread(content.data(), 1, content.size(), file.get()));
  if (std::ferror(file.get()) != 0) {
    return unreadable(errno);
  }
  if (content.size() > limit) {
    return core::fail(core::Errc::kTooLarge, "is too large");
  }
  return content;
}

}  // namespace runard::config
