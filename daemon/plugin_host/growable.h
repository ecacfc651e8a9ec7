// Reading the ABI's growable structs: those that begin with struct_size.
#pragma once

#include <runar/plugin.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace runard::plugin_host {

inline constexpr std::size_t kMaxStruct = 4096;  // more is not a size but garbage

// What one struct looked like when read: the writer's own when it is of our size, else a copy.
template <class T>
class Growable {
 public:
  // `least`: the size of the part without which the struct makes no sense.
  Growable(const T* given, std::size_t least) {
    if (given == nullptr || given->struct_size < least || given->struct_size > kMaxStruct) {
      status_ = RUNAR_E_INVALID;
    } else if (given->struct_size == sizeof(T)) {
      value_ = given;
    } else {
      read(given);
    }
  }
  Growable(const Growable&) = delete;
  Growable& operator=(const Growable&) = delete;

  // RUNAR_OK, INVALID, or TOO_NEW when a part that we do not know is used.
  runar_status status() const { return status_; }
  const T& operator*() const { return *value_; }
  const T* operator->() const { return value_; }

 private:
  void read(const T* given) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(given);
    const std::size_t size = given->struct_size;
    const bool used = size > sizeof(T) && std::any_of(bytes + sizeof(T), bytes + size,
                                                      [](unsigned char b) { return b != 0; });
    std::memset(copy_, 0, sizeof(T));
    std::memcpy(copy_, bytes, std::min(size, sizeof(T)));
    value_ = reinterpret_cast<const T*>(copy_);
    status_ = used ? RUNAR_E_TOO_NEW : RUNAR_OK;
  }

  runar_status status_ = RUNAR_OK;
  const T* value_ = nullptr;
  alignas(T) unsigned char copy_[sizeof(T)];  // filled in only when it is needed
};

// The size of T up to and with a member.
#define RUNARD_SIZE_TO(T, member) (offsetof(T, member) + sizeof(T::member))

}  // namespace runard::plugin_host
