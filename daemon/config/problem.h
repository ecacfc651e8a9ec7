// Problem: one thing wrong in a configuration, with its place and its cure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "core/errors.h"

namespace runard::config {

// More than these are not collected: the first hundred are enough to begin with.
inline constexpr std::size_t kMaxProblems = 100;

// A place in the file. Lines and columns count from 1, columns in characters; line 0 is the file
// as a whole.
struct Mark {
  int line = 0;
  int column = 0;
  friend auto operator<=>(const Mark&, const Mark&) = default;
};

// What is wrong with a value, before it is known where the value stands.
struct Complaint {
  Complaint() = default;  // boost::system::result::error() wants one
  Complaint(std::string what_, std::string instead_, core::Errc code_ = core::Errc::kConfigInvalid)
      : what(std::move(what_)), instead(std::move(instead_)), code(code_) {}

  std::string what;     // "\"5\" has no unit"
  std::string instead;  // "write 5s"
  core::Errc code = core::Errc::kConfigInvalid;
};

struct Problem {
  std::string file;
  Mark mark;
  std::string key;  // "plugins.load[0].services[1].path", or empty
  std::string what;
  std::string instead;
  core::Errc code = core::Errc::kConfigInvalid;

  // "runard.yaml:3:18: request_timeout: \"5\" has no unit, write 5s"
  std::string text() const;
};

// The text in quotes, cut to 60 bytes, without anything that could forge a line of output.
std::string quoted(std::string_view text);

}  // namespace runard::config
