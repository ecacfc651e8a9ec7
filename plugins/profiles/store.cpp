#include "store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace profiles {
namespace {

constexpr std::string_view kSuffix = ".cbor";

[[noreturn]] void fail(const std::string& doing) {
  const std::string why = std::error_code(errno, std::generic_category()).message();
  throw runar::Error(RUNAR_E_INTERNAL, doing + ": " + why);
}

// A file descriptor that closes itself.
class File {
 public:
  File(const std::filesystem::path& path, int flags) : fd_(::open(path.c_str(), flags, 0600)) {
    if (fd_ < 0) {
      fail("can't open " + path.string());
    }
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { ::close(fd_); }

  runar::Bytes read_all(const std::filesystem::path& path) const {
    runar::Bytes bytes;
    std::array<std::uint8_t, 4096> part{};
    for (ssize_t size = 1; size != 0;) {
      size = ::read(fd_, part.data(), part.size());
      if (size < 0 && errno != EINTR) {
        fail("can't read " + path.string());
      }
      bytes.insert(bytes.end(), part.begin(), part.begin() + std::max<ssize_t>(size, 0));
    }
    return bytes;
  }
  void write(std::span<const std::uint8_t> bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno != EINTR) {
        fail("can't write a profile");
      }
      bytes = bytes.subspan(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
    }
  }
  void flush() const {
    if (::fsync(fd_) != 0) {
      fail("can't flush a profile");
    }
  }

 private:
  int fd_;
};

std::string to_hex(std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

std::string from_hex(std::string_view hex) {
  std::string text;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    const int high = runar::detail::hex_digit(hex[i]);
    const int low = runar::detail::hex_digit(hex[i + 1]);
    if (high < 0 || low < 0) {
      return {};
    }
    text += static_cast<char>(high * 16 + low);
  }
  return hex.size() % 2 == 0 ? text : std::string();
}

void flush_folder(const std::filesystem::path& folder) {
  File(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC).flush();
}

}  // namespace

std::filesystem::path Store::file_of(std::string_view user_id) const {
  return folder_ / (to_hex(user_id) + std::string(kSuffix));
}

std::vector<std::string> Store::open(const std::string& folder) {
  folder_ = folder;
  std::vector<std::string> unreadable;
  if (folder_.empty()) {
    return unreadable;
  }
  std::filesystem::create_directories(folder_);
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    const std::filesystem::path& path = entry.path();
    if (path.extension() != kSuffix) {
      continue;
    }
    // Outside of the try: a file that can't be read just now is good, for all that is known.
    const runar::Bytes bytes = File(path, O_RDONLY | O_CLOEXEC).read_all(path);
    const std::string user_id = from_hex(path.stem().string());
    try {
      if (user_id.empty()) {
        throw runar::Error(RUNAR_E_INVALID, "the name of the file is no user id");
      }
      profiles_[user_id] = runar::Payload(bytes, runar::Encoding::kCbor).as<Profile>();
    } catch (const runar::Error& error) {
      unreadable.push_back(path.filename().string() + ": " + error.what());
      std::filesystem::rename(path, path.string() + ".unreadable");
    }
  }
  return unreadable;
}

const Profile* Store::find(std::string_view user_id) const {
  const auto found = profiles_.find(user_id);
  return found == profiles_.end() ? nullptr : &found->second;
}

void Store::put(const std::string& user_id, Profile profile) {
  if (user_id.size() > kMaxIdBytes) {
    throw runar::Error(RUNAR_E_INVALID, "a user id has at most 100 bytes");
  }
  if (find(user_id) == nullptr && profiles_.size() == kMaxProfiles) {
    throw runar::Error(RUNAR_E_BUSY, "no room for more than 100000 profiles");
  }
  if (!folder_.empty()) {
    const std::filesystem::path path = file_of(user_id);
    const std::filesystem::path beside = path.string() + ".new";
    const runar::Payload bytes = runar::Payload::cbor(profile);
    {
      const File file(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC);
      file.write(bytes.bytes());
      file.flush();
    }
    std::filesystem::rename(beside, path);
    flush_folder(folder_);
  }
  profiles_[user_id] = std::move(profile);
}

bool Store::remove(const std::string& user_id) {
  const auto found = profiles_.find(user_id);
  if (found == profiles_.end()) {
    return false;
  }
  if (!folder_.empty()) {
    std::filesystem::remove(file_of(user_id));
    flush_folder(folder_);
  }
  profiles_.erase(found);
  return true;
}

}  // namespace profiles
