// Lets Catch2 print a Result: its error when it has one, never its value.
#pragma once

#include <catch2/catch_tostring.hpp>

#include "core/result.h"

template <class T>
struct Catch::StringMaker<boost::system::result<T, runard::core::Error>> {
  static std::string convert(const boost::system::result<T, runard::core::Error>& result) {
    return result.has_error() ? runard::core::describe(result.error()) : "a value";
  }
};
