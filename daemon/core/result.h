// Result<T>: a value or an Error. For failure that is expected; a broken invariant uses
// RUNARD_CHECK.
#pragma once

#include <boost/system/result.hpp>

#include "core/errors.h"

namespace runard::core {

template <class T>
using Result = boost::system::result<T, Error>;

// boost::system::result calls this from .value() only, which runard never calls.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& at);

inline Error fail(Errc code, std::string about, Executed executed = Executed::kUnknown) {
  return Error{code, std::move(about), executed, 0};
}

}  // namespace runard::core
