// runarctl in-process, with its streams and folders that go with the test.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "ctl/app.h"
#include "ctl/session.h"
#include "support/set_clock.h"
#include "support/temp_folder.h"

namespace runard::test {

// One runarctl with its streams and a clock that is set.
struct Terminal {
  int run(std::vector<std::string> args) {
    in.clear();
    in.str(input);
    out.str("");
    err.str("");
    ctl::Session session{in,
                         out,
                         err,
                         clock,
                         random,
                         disk,
                         [](const std::string&) { return std::optional<std::string>(); }};
    session.asks = asks;
    const int code = ctl::run(std::move(args), session);
    socket = session.socket;
    return code;
  }
  nlohmann::json json() const { return nlohmann::json::parse(out.str()); }
  nlohmann::json error() const { return nlohmann::json::parse(err.str()); }
  bool said(std::string_view text) const { return err.str().find(text) != std::string::npos; }

  bool asks = false;  // somebody sits there
  std::string input;
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  SetClock clock;
  core::SystemRandom random;
  identity::SystemDisk disk;
  std::string socket;
};

// A terminal with a CA "acme" with the network prod, and a node with a request.
struct Mesh : Terminal {
  Mesh() {
    REQUIRE(run({"ca", "init", "--name", "acme", "--out", ca, "--no-passphrase"}) == 0);
    REQUIRE(run({"network", "create", "prod", "--ca", ca}) == 0);
    REQUIRE(run({"node", "init", "--state", state, "--name", "web-1"}) == 0);
    REQUIRE(run({"node", "csr", "--state", state, "--out", csr}) == 0);
  }
  int sign(std::vector<std::string> more = {}) {
    std::vector<std::string> args = {"ca", "sign", csr, "--ca", ca, "--network", "prod"};
    args.insert(args.end(), more.begin(), more.end());
    return run(args);
  }
  std::string fingerprint() {
    REQUIRE(run({"ca", "inspect", ca, "-o", "json"}) == 0);
    return json()["fingerprint"];
  }

  TempFolder folder;
  std::string ca = folder / "ca";
  std::string state = folder / "state";
  std::string csr = folder / "web-1.csr";
  std::string bundle = folder / "web-1.bundle";
};

}  // namespace runard::test
