// Scalar: a value of the file after ${NAME} and file: have been replaced.
//
//   ${NAME}           the environment variable; it is an error when it is not set
//   ${NAME:-text}     the same, or the text when it is unset or empty
//   $${               a literal ${
//   file:/path        alone and without quotes, where secrets may stand (a service's config): the
//                     file's content without its last line end
//
// One value grows to at most kMaxSecretBytes, all of a file's to kMaxReplacedBytes.
#pragma once

#include <boost/system/result.hpp>
#include <string>

#include "config/sources.h"
#include "config/tree.h"

namespace runard::config {

inline constexpr std::size_t kMaxReplacedBytes = 1024 * 1024;

struct Scalar {
  std::string text;
  bool is_quoted = false;  // a string, whatever it looks like
  bool is_secret = false;  // came from outside: never shown
  std::string shown;       // how problems cite it: "\"5\"", or what the file says of a secret

  bool is_null() const;
};

using ScalarOr = boost::system::result<Scalar, Complaint>;
[[noreturn]] void throw_exception_from_error(const Complaint& complaint,
                                             const boost::source_location& at);

class Substitution {
 public:
  explicit Substitution(const Sources& sources) : sources_(sources) {}

  // tree is a kScalar. allow_file: this is a place for secrets.
  ScalarOr resolve(const Tree& tree, bool allow_file);

 private:
  ScalarOr from_file(const Tree& tree);
  boost::system::result<std::string, Complaint> replacement(std::string_view inside);

  const Sources& sources_;
  std::size_t replaced_ = 0;
};

}  // namespace runard::config
