#include <catch2/catch_test_macros.hpp>
#include <runar/error.hpp>

using runar::Error;
using runar::Executed;

TEST_CASE("context is put before the text, code and outcome stay") {
  const Error timeout(RUNAR_E_TIMEOUT, "no answer in 5 s", Executed::kUnknown);
  const Error told = timeout.with_context("can't load the user");
  CHECK(told.text() == "can't load the user: no answer in 5 s");
  CHECK(told.code() == RUNAR_E_TIMEOUT);
  CHECK(told.executed() == Executed::kUnknown);
  CHECK(told.app_code() == -1);
}

TEST_CASE("an application's error keeps its number through several contexts") {
  const Error told = runar::app_error(3, "no stock").with_context("order 7").with_context("cart");
  CHECK(told.text() == "cart: order 7: no stock");
  CHECK(told.app_code() == 3);
  CHECK(Error(RUNAR_E_BUSY, "full", Executed::kNo).with_context("x").executed() == Executed::kNo);
}
