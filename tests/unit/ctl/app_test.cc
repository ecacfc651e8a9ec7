// runarctl in-process: exit codes, streams, usage. Identities are in identity_commands_test.
#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <limits>

#include "core/errors.h"
#include "ctl/json_text.h"
#include "ctl/lifetime.h"
#include "support/result_text.h"
#include "support/temp_folder.h"
#include "terminal.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;
using test::TempFolder;
using test::Terminal;

TEST_CASE("help and version are data and no error") {
  Terminal terminal;
  for (const char* flag : {"--help", "--version"}) {
    CHECK(terminal.run({flag}) == 0);
    CHECK(terminal.out.str().find("runarctl") != std::string::npos);
    CHECK(terminal.err.str().empty());
  }
  CHECK(terminal.run({"ca", "sign", "--help"}) == 0);
  CHECK(terminal.out.str().find("--network") != std::string::npos);
}

TEST_CASE("a command line that is not understood ends in 2, with a way on") {
  Terminal terminal;
  const std::vector<std::vector<std::string>> lines = {{},
                                                       {"ca"},
                                                       {"frobnicate"},
                                                       {"ca", "frobnicate"},
                                                       {"ca", "init"},
                                                       {"ca", "init", "--name"},
                                                       {"ca", "init", "--name", "x", "extra"},
                                                       {"ca", "sign", "x.csr"},
                                                       {"explain", "--frobnicate"},
                                                       {"-o", "xml", "explain"},
                                                       {"network", "create"},
                                                       {"--"}};
  for (const auto& line : lines) {
    INFO((line.empty() ? "" : line.back()));
    CHECK(terminal.run(line) == 2);
    CHECK(terminal.out.str().empty());
    CHECK(terminal.said("[RUNAR-E7002 USAGE]"));
    CHECK(terminal.said("--help"));
  }
}

TEST_CASE("a slip in a command or option is answered with what was probably meant") {
  Terminal terminal;
  terminal.run({"nodee", "init"});
  CHECK(terminal.said("unknown command \"nodee\""));
  CHECK(terminal.said("did you mean node?"));
  terminal.run({"ca", "sgin", "x.csr"});
  CHECK(terminal.said("did you mean sign?"));
  terminal.run({"node", "init", "--stat=x"});
  CHECK(terminal.said("did you mean --state?"));
  terminal.run({"explain", "--qiuet"});
  CHECK(terminal.said("did you mean --quiet?"));
  for (const char* far : {"quite-another-thing", "to", "doctro"}) {  // the last two: for later
    terminal.run({far});
    CHECK_FALSE(terminal.said("did you mean"));
  }
}

TEST_CASE("global options may stand before and behind the command") {
  Terminal terminal;
  CHECK(terminal.run({"-o", "json", "--socket", "/a", "explain", "1101"}) == 0);
  CHECK(terminal.json()["code"] == "RUNAR-E1101");
  CHECK(terminal.socket == "/a");
  CHECK(terminal.run({"explain", "1101", "--json", "--socket=/b"}) == 0);
  CHECK(terminal.json()["code"] == "RUNAR-E1101");
  CHECK(terminal.socket == "/b");
  CHECK(terminal.run(
            {"--socket", "/a", "-o", "table", "explain", "1101", "--socket", "/b", "--json"}) == 0);
  CHECK(terminal.socket == "/b");
}

TEST_CASE("what belongs to a later version says so, and what to do instead") {
  Terminal terminal;
  const std::vector<std::vector<std::string>> lines = {{"doctor"},
                                                       {"plugin", "ls"},
                                                       {"dlq"},
                                                       {"dlq", "frobnicate"},
                                                       {"node", "drain", "--deadline", "30s"},
                                                       {"lb", "explain", "math/add"}};
  for (const auto& line : lines) {
    INFO(line.front() << " " << line.back());
    CHECK(terminal.run(line) == 2);
    CHECK(terminal.said("is not in this version [RUNAR-E1003 NOT_IN_THIS_VERSION]"));
    CHECK(terminal.out.str().empty());
  }
  CHECK(terminal.run({"plugin", "ls"}) == 2);
  CHECK(terminal.said("runarctl plugin ls is not"));
  CHECK(terminal.said("try: 'runarctl status'"));
  CHECK(terminal.run({"--help"}) == 0);
  CHECK(terminal.out.str().find("doctor") == std::string::npos);
  CHECK(terminal.out.str().find("dlq") == std::string::npos);
}

TEST_CASE("a plugin is begun from the templates, with its name filled in") {
  Terminal terminal;
  TempFolder folder;
  const std::string templates = folder / "templates";
  std::filesystem::create_directories(templates + "/c");
  const auto write = [](const std::string& file, std::string_view text) {
    std::ofstream(file) << text;
  };
  write(templates + "/c/@NAME@.c", "/* @NAME@ @NAME@@NAME */");
  const auto begin = [&](std::vector<std::string> args) {
    args.insert(args.begin(), {"plugin", "new"});
    args.insert(args.end(), {"--templates", templates});
    return terminal.run(args);
  };
  const std::string out = folder / "mine";
  CHECK(begin({"greet-er", "--lang", "c", "--out", out, "--json"}) == 0);
  CHECK(terminal.json()["files"] == nlohmann::json::array({out + "/greet-er.c"}));
  std::stringstream made;
  made << std::ifstream(out + "/greet-er.c").rdbuf();
  CHECK(made.str() == "/* greet-er greet-er@NAME */");
  CHECK(begin({"greet-er", "--lang", "c", "--out", out}) == 7);
  CHECK(begin({"greet-er", "--lang", "cpp", "--out", folder / "other"}) == 4);
  CHECK(terminal.said("--templates"));
  CHECK(begin({"greet-er", "--lang", "rust"}) == 2);
  for (const char* bad : {"", "7up", "a/b", "../x", "a b", "@NAME@"}) {
    CHECK(begin({bad, "--lang", "c"}) == 2);
  }
}

TEST_CASE("an incomplete command line says what is missing") {
  Terminal terminal;
  terminal.run({"config"});
  CHECK(terminal.said("runarctl config: which command? show, reload, validate, explain"));
  terminal.run({"explain", "1101", "--socket"});
  CHECK(terminal.said("--socket needs a value"));
  terminal.run({"ca", "init", "--name", "a", "--name", "b"});
  CHECK(terminal.said("--name is given more than once"));
  terminal.run({"call", "math/add", "--node", "a", "--all"});
  CHECK(terminal.said("excludes"));
  terminal.run({"call", "math/add", "--timeout", "0s"});
  CHECK(terminal.said("write 5s"));
  terminal.run({"sub", "a", "--count", "-1"});
  CHECK(terminal.said("--count"));
  terminal.run({"call", "math/add", "-d", "{"});
  CHECK(terminal.said("@FILE"));
  terminal.run({"call", "math/add", "-d", "@/"});
  CHECK(terminal.said("RUNAR-E7002"));
}

TEST_CASE("explain takes a code in every form people write") {
  Terminal terminal;
  for (const char* code : {"RUNAR-E4019", "E4019", "4019", "runar-e4019", "e4019"}) {
    CHECK(terminal.run({"explain", code}) == 0);
    CHECK(terminal.out.str().find("FINGERPRINT_MISMATCH") != std::string::npos);
  }
}

TEST_CASE("explain names the nearest code for one that does not exist") {
  Terminal terminal;
  CHECK(terminal.run({"explain", "1199"}) == 4);
  CHECK(terminal.said("the nearest is RUNAR-E1201"));
  CHECK(terminal.run({"explain", "0"}) == 4);
  CHECK(terminal.run({"explain", "2147483647"}) == 4);
  for (const char* bad : {"frog", "E", "-1", "11x", "99999999999999999999"}) {
    CHECK(terminal.run({"explain", bad}) == 2);
  }
}

TEST_CASE("explain takes the word that each error shows, and knows words like it") {
  Terminal terminal;
  for (const char* name : {"NO_SERVICE", "no_service"}) {
    CHECK(terminal.run({"explain", name, "--json"}) == 0);
    CHECK(terminal.json()["code"] == "RUNAR-E1101");
  }
  CHECK(terminal.run({"explain", "NO_SERVISE"}) == 2);
  CHECK(terminal.said("did you mean NO_SERVICE?"));
}

TEST_CASE("help is a command, too") {
  Terminal terminal;
  CHECK(terminal.run({"--help"}) == 0);
  const std::string all = terminal.out.str();
  CHECK(terminal.run({"help"}) == 0);
  CHECK(terminal.out.str() == all);
  CHECK(terminal.run({"help", "ca", "sign"}) == 0);
  CHECK(terminal.out.str().find("--network") != std::string::npos);
}

TEST_CASE("JSON's numbers are written as people write them") {
  const auto text = [](const char* json) { return ctl::json_text(boost::json::parse(json)); };
  CHECK(text("3.5") == "3.5");
  CHECK(text("[0.1,-2.25e-3,1e300,3.0]") == "[0.1,-0.00225,1e+300,3]");
  CHECK(text(R"({"a":[],"b":{},"c":[{"d\"":"\n"},true,null,-7,18446744073709551615]})") ==
        R"({"a":[],"b":{},"c":[{"d\"":"\n"},true,null,-7,18446744073709551615]})");
  CHECK(ctl::json_text(std::numeric_limits<double>::infinity()) == "null");
}

TEST_CASE("metadata that has no name is refused before anything is sent") {
  Terminal terminal;
  for (const char* bad : {"x", "=x", ""}) {
    CHECK(terminal.run({"call", "a/b", "--meta", bad, "--socket", "/none"}) == 2);
    CHECK(terminal.said("is not NAME=TEXT"));
    CHECK(terminal.run({"pub", "a/b", "--meta", bad, "--socket", "/none"}) == 2);
  }
}

TEST_CASE("explain without a code lists every error") {
  Terminal terminal;
  CHECK(terminal.run({"explain", "-o", "json"}) == 0);
  CHECK(terminal.json()["schema"] == "runar.error_list.v1");
  CHECK(terminal.json()["errors"].size() == core::error_table().size());
  CHECK(terminal.run({"explain"}) == 0);
  CHECK(terminal.out.str().starts_with("CODE"));
}

TEST_CASE("an error's exit code follows from its kind") {
  const auto code = [](Errc errc) { return ctl::exit_code(core::fail(errc, "")); };
  CHECK(code(Errc::kInternal) == 1);
  CHECK(code(Errc::kSystem) == 1);
  CHECK(code(Errc::kBundleInvalid) == 1);
  CHECK(code(Errc::kUsage) == 2);
  CHECK(code(Errc::kInvalidArgument) == 2);
  CHECK(code(Errc::kDaemonUnreachable) == 3);
  CHECK(code(Errc::kNoService) == 4);
  CHECK(code(Errc::kNoEndpoint) == 4);
  CHECK(code(Errc::kCaMissing) == 4);
  CHECK(code(Errc::kIdentityMissing) == 4);
  CHECK(code(Errc::kDeadlineExceeded) == 5);
  CHECK(code(Errc::kDenied) == 6);
  CHECK(code(Errc::kFileMode) == 6);
  CHECK(code(Errc::kConflict) == 7);
  CHECK(code(Errc::kStateLocked) == 7);
  CHECK(code(Errc::kKeystoreMissing) == 4);
  CHECK(ctl::exit_code(core::fail(Errc::kSystem, "/x: open: Permission denied")) == 6);
}

TEST_CASE("lifetimes have a number and a unit") {
  CHECK(*ctl::parse_lifetime("90d") == 90 * 24h);
  CHECK(*ctl::parse_lifetime("1s") == 1s);
  CHECK(*ctl::parse_lifetime("2w") == 14 * 24h);
  CHECK(*ctl::parse_lifetime("30y") == 30 * 365 * 24h);
  for (const char* bad : {"", "d", "90", "90x", "0d", "-1d", "+1d", " 1d", "1 d", "1d ", "31y",
                          "1.5d", "4294967295y", "99999999999d"}) {
    INFO(bad);
    CHECK(ctl::parse_lifetime(bad).error().code == Errc::kUsage);
  }
}

TEST_CASE("a bench has at least one call, and needs a daemon") {
  Terminal terminal;
  for (const auto& bad :
       std::vector<std::vector<std::string>>{{"bench", "call", "a/b", "--count", "0"},
                                             {"bench", "call", "a/b", "--count", "10000001"},
                                             {"bench", "call", "a/b", "--inflight", "1025"},
                                             {"bench", "local", "a/b", "--node", "x"},
                                             {"bench", "call"},
                                             {"bench", "pub", "a/b", "--count", "0"},
                                             {"bench", "pub", "a/b", "--count", "100000001"},
                                             {"bench", "pub", "a/b", "--node", "x"},
                                             {"bench", "pub"},
                                             {"bench", "sub"},
                                             {"bench"}}) {
    CHECK(terminal.run(bad) == 2);
  }
  for (const char* kind : {"local", "call", "pub", "sub"}) {
    CHECK(terminal.run({"--socket", "/nonexistent/c.sock", "bench", kind, "a/b"}) == 3);
  }
}

TEST_CASE("auth can-i judges by a file, and ends in 0 or 6") {
  Terminal terminal;
  TempFolder folder;
  const std::string file = folder / "runard.yaml";
  std::ofstream(file) << "authorization:\n  default: deny\n  rules:\n"
                         "    - { allow: [call], from: { group: web }, path: \"math/*\" }\n"
                         "    - { deny: [call], from: { node: 00000000000000000000000004 } }\n";
  CHECK(terminal.run({"auth", "can-i", "call", "math/add", "--group", "web", "--config", file,
                      "--json"}) == 0);
  CHECK(terminal.json()["schema"] == "runar.can_i.v1");
  CHECK(terminal.json()["allowed"] == true);
  CHECK(terminal.json()["rule"] == "rules[0]");
  CHECK(terminal.run({"auth", "can-i", "call", "math/add", "--config", file, "--json"}) == 6);
  CHECK(terminal.json()["rule"] == "default: deny");
  CHECK(terminal.run({"auth", "can-i", "call", "math/add", "--as", std::string(25, '0') + "4",
                      "--config", file, "--json"}) == 6);
  CHECK(terminal.json()["rule"] == "rules[1]");
  CHECK(terminal.run({"auth", "can-i", "call", "math/add", "--config", file}) == 6);
  CHECK(terminal.out.str().find("default: deny") != std::string::npos);
}

TEST_CASE("auth can-i judges a rule about a node label by a file") {
  Terminal terminal;
  TempFolder folder;
  const std::string file = folder / "runard.yaml";
  std::ofstream(file) << "authorization:\n  rules:\n"
                         "    - { deny: [call], from: { label: region=eu } }\n";
  const auto ask = [&](std::vector<std::string> of) {
    std::vector<std::string> args = {"auth", "can-i", "call", "a", "--config", file, "--json"};
    args.insert(args.end(), of.begin(), of.end());
    return terminal.run(args);
  };
  CHECK(ask({"--label", "rack=7", "--label", "region=eu"}) == 6);
  CHECK(terminal.json()["rule"] == "rules[0]");
  CHECK(terminal.json()["node_labels"] == nlohmann::json::array({"rack=7", "region=eu"}));
  CHECK(ask({"--label", "region=us"}) == 0);
  CHECK(ask({"--group", "region=eu"}) == 0);
  CHECK(ask({"--as", "x", "--label", "a=b"}) == 2);
}

TEST_CASE("auth can-i says what it can't judge") {
  Terminal terminal;
  TempFolder folder;
  const std::string file = folder / "runard.yaml";
  std::ofstream(file) << "authorization: { default: deny }\n";
  CHECK(terminal.run({"auth", "can-i", "fly", "math/add", "--config", file}) == 2);
  CHECK(terminal.run({"auth", "can-i", "call", "a/*", "--config", file}) == 2);
  CHECK(terminal.run({"auth", "can-i", "call", "a", "--as", "web-1", "--config", file}) == 2);
  CHECK(terminal.said("no names"));
  CHECK(terminal.run({"auth", "can-i", "call", "a", "--as", "x", "--group", "y"}) == 2);
  std::ofstream(file) << "authorization: { default: dney }\n";
  CHECK(terminal.run({"auth", "can-i", "call", "a", "--config", file}) != 0);
  CHECK(terminal.said("authorization.default"));
}
