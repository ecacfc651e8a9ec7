// runarctl in-process, as somebody at a terminal has it.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "ctl/app.h"

namespace runard::test {

using namespace std::chrono_literals;

// One runarctl with its streams and a fixed clock.
struct Terminal {
  struct FixedClock final : core::Clock {
    core::TimePoint now() const override { return {}; }
    core::WallTime wall() const override { return core::WallTime(1'750'000'000s); }
  };

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
    const int code = ctl::run(std::move(args), session);
    socket = session.socket;
    return code;
  }
  nlohmann::json json() const { return nlohmann::json::parse(out.str()); }
  nlohmann::json error() const { return nlohmann::json::parse(err.str()); }
  bool said(std::string_view text) const { return err.str().find(text) != std::string::npos; }

  std::string input;
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  FixedClock clock;
  core::SystemRandom random;
  identity::SystemDisk disk;
  std::string socket;
};

}  // namespace runard::test
