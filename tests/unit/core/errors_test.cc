#include "core/errors.h"

#include <catch2/catch_test_macros.hpp>
#include <set>

using namespace runard::core;

TEST_CASE("every error has a number of its own, a name, a meaning and a remedy") {
  std::set<int> numbers;
  std::set<std::string_view> names;
  int last = 0;
  for (const ErrorInfo& row : error_table()) {
    INFO(row.name);
    CHECK(numbers.insert(static_cast<int>(row.code)).second);
    CHECK(names.insert(row.name).second);
    CHECK(static_cast<int>(row.code) > last);
    CHECK(row.meaning.ends_with('.'));
    CHECK_FALSE(row.remedy.empty());
    last = static_cast<int>(row.code);
  }
}

TEST_CASE("a described error says what happened, the code and its name") {
  const Error error{Errc::kNoService, "no service \"maths\" in network \"main\"", Executed::kNo, 0};
  CHECK(describe(error) == "no service \"maths\" in network \"main\" [RUNAR-E1101 NO_SERVICE]");
}

TEST_CASE("an error about a mere name says what its code means, but a service's own word stands") {
  CHECK(sentence(Errc::kServicePaused, "main:math") ==
        "main:math: The service is paused and takes no requests.");
  CHECK(sentence(Errc::kApplication, "nope") == "nope");
}

TEST_CASE("an error without a text is described by its meaning") {
  CHECK(describe(Error{Errc::kDenied, "", Executed::kNo, 0}).find("not allowed") !=
        std::string::npos);
}

TEST_CASE("a number that this version does not know reads as internal") {
  CHECK(info(static_cast<Errc>(9999)).code == Errc::kInternal);
}
