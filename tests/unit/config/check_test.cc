#include "config/check.h"

#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace runard::config;

namespace {

// A file that is gone after the test.
class TempFile {
 public:
  explicit TempFile(const std::string& text) {
    std::string name = (std::filesystem::temp_directory_path() / "runard-check-XXXXXX").string();
    const int file = mkstemp(name.data());
    REQUIRE(file >= 0);
    close(file);
    path_ = name;
    std::ofstream(path_) << text;
  }
  ~TempFile() { std::filesystem::remove(path_); }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
};

Outcome check_file(const std::string& path) {
  std::ostringstream out;
  std::ostringstream err;
  const int code = check(path, nullptr, out, err);
  return {code, out.str(), err.str()};
}

}  // namespace

TEST_CASE("a good file gives one line and 0") {
  const TempFile local(
      "plugins: { dir: /, load: [ { file: a.so, services: [ { type: t, path: a }, { type: t, path: "
      "b } ] } ] }");
  const TempFile mesh("transport: {}");
  const TempFile one("plugins: { load: [ { file: a.so, services: [ { type: t, path: a } ] } ] }");

  const Outcome good = check_file(local.path());
  CHECK(good.code == 0);
  CHECK(good.out == "ok: 2 services, local-only\n");
  CHECK(good.err.empty());
  CHECK(check_file(mesh.path()).out == "ok: 0 services, mesh\n");
  CHECK(check_file(one.path()).out == "ok: 1 service, local-only\n");
}

TEST_CASE("a bad file gives a line for each problem and 78") {
  const TempFile bad("request_timeout: 5\nnodes: {}\n");
  const Outcome outcome = check_file(bad.path());
  CHECK(outcome.code == 78);
  CHECK(outcome.out.empty());
  CHECK(outcome.err == bad.path() + ":1:18: request_timeout: \"5\" has no unit, write 5s or 5ms " +
                           "[RUNAR-E2003 CONFIG_INVALID]\n" + bad.path() +
                           ":2:1: nodes: unknown key, did you mean node? [RUNAR-E2003 "
                           "CONFIG_INVALID]\n");
}

TEST_CASE("a folder for plugins that is not there is noted where plugins are looked for in it") {
  const TempFile dropped("plugins: { dir: /does/not/exist, auto_enable: true }");
  const TempFile unused("plugins: { dir: /does/not/exist }");
  const Outcome noted = check_file(dropped.path());
  CHECK(noted.code == 0);
  CHECK(noted.out == "ok: 0 services, local-only\n");
  CHECK(noted.err == "note: plugins.dir: there is no folder /does/not/exist yet\n");
  CHECK(check_file(unused.path()).err.empty());
}

TEST_CASE("a missing file gives 78") {
  const Outcome outcome = check_file("/does/not/exist");
  CHECK(outcome.code == 78);
  CHECK(outcome.err ==
        "/does/not/exist: can't be read: No such file or directory; check the path "
        "and its permissions [RUNAR-E2001 CONFIG_UNREADABLE]\n");
}
