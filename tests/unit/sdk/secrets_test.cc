// runar::Secrets in a service that keeps notes of its own.
#include <runar/secrets.hpp>

#include <catch2/catch_test_macros.hpp>

#include "unit/sdk/run_service.h"

namespace {

class Notes : public runar::Service {
 public:
  void init(runar::Lifecycle& lc) {
    lc.action<std::string, void>("put", [this](const std::string& note, const runar::Request& rq) {
      stored_ = runar::Secrets(rq).seal("note", note);
    });
    lc.action<void, std::string>("get", [this](const runar::Request& rq) {
      return runar::Secrets(rq).open_text("note", stored_);
    });
    lc.action<void, std::string>("misread", [this](const runar::Request& rq) {
      return runar::Secrets(rq).open_text("letter", stored_);
    });
    lc.action<void, bool>("plain", [this] {
      return std::string(stored_.begin(), stored_.end()).find("secret") != std::string::npos;
    });
  }

 private:
  runar::Bytes stored_;
};

}  // namespace

TEST_CASE("what a service seals it opens again, and what it stores is not the text") {
  test::Running<Notes> it;
  it.host.call("it/put", std::string("a secret"));
  CHECK(it.host.call("it/get").as<std::string>() == "a secret");
  CHECK_FALSE(it.host.call("it/plain").as<bool>());
  CHECK(it.host.finish().empty());
}

TEST_CASE("with another context, or nothing stored, it is told that it may not") {
  test::Running<Notes> it;
  CHECK(it.host.call("it/get").status == RUNAR_E_DENIED);
  it.host.call("it/put", std::string("a secret"));
  CHECK(it.host.call("it/misread").status == RUNAR_E_DENIED);
  CHECK(it.host.finish().empty());
}
