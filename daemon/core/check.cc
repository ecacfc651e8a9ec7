#include "core/check.h"

#include <cstdio>
#include <cstdlib>

#include "core/result.h"

namespace runard::core {

void check_failed(const char* what, const char* file, int line) {
  std::fprintf(stderr, "runard: broken invariant: %s (%s:%d)\n", what, file, line);
  std::abort();
}

void throw_exception_from_error(const Error& error, const boost::source_location& at) {
  std::fprintf(stderr, "runard: value() of a failed Result: %s\n", describe(error).c_str());
  check_failed("result has a value", at.file_name(), static_cast<int>(at.line()));
}

}  // namespace runard::core
