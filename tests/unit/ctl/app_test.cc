// runarctl in-process: exit codes, streams, usage. The files it makes are in identity's tests.
#include "ctl/app.h"

#include <fstream>

#include "core/errors.h"
#include "ctl/lifetime.h"
#include "ctl/suggest.h"
#include "support/result_text.h"
#include "unit/ctl/terminal.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;
using test::Mesh;
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
}

TEST_CASE("an identity is made, signed and installed, in JSON") {
  Mesh mesh;
  const std::string pin = mesh.fingerprint();
  REQUIRE(mesh.sign({"--out", mesh.bundle, "-o", "json"}) == 0);
  CHECK(mesh.json()["schema"] == "runar.certificate.v1");
  CHECK(mesh.json()["name"] == "web-1");
  CHECK(mesh.json()["not_after"] == "2025-09-13T15:06:40Z");  // 90 days
  CHECK(mesh.err.str().empty());

  REQUIRE(mesh.run({"node", "install", mesh.bundle, "--state", mesh.state, "--ca-fingerprint", pin,
                    "-o", "json"}) == 0);
  CHECK(mesh.json()["networks"] == nlohmann::json::array({"prod"}));
}

TEST_CASE("data is on stdout alone, talk on stderr unless quiet") {
  Mesh mesh;
  REQUIRE(mesh.sign() == 0);
  CHECK(mesh.out.str().starts_with("-----BEGIN CERTIFICATE-----\n"));
  CHECK(mesh.out.str().ends_with("-----END RUNARD STATEMENT-----\n"));
  CHECK_FALSE(mesh.err.str().empty());
  REQUIRE(mesh.sign({"--quiet"}) == 0);
  CHECK(mesh.err.str().empty());
}

TEST_CASE("requests and bundles go through pipes") {
  Mesh mesh;
  REQUIRE(mesh.run({"node", "csr", "--state", mesh.state}) == 0);
  mesh.input = mesh.out.str();
  CHECK(mesh.run({"ca", "sign", "-", "--ca", mesh.ca, "--network", "prod"}) == 2);  // whose?
  REQUIRE(mesh.run({"ca", "sign", "-", "--ca", mesh.ca, "--network", "prod", "--name", "web-1"}) ==
          0);
  mesh.input = mesh.out.str();
  CHECK(mesh.run({"ca", "inspect", "-", "--json"}) == 0);
  CHECK(mesh.json()["schema"] == "runar.bundle.v1");
  CHECK(mesh.json()["problem"].is_null());
  mesh.input = std::string(2 << 20, 'x');
  CHECK(mesh.run({"ca", "inspect", "-"}) == 1);
}

TEST_CASE("the name in a certificate is the operator's, not the request's") {
  Mesh mesh;
  REQUIRE(mesh.run({"node", "csr", "--state", mesh.state, "--name", "admin", "--out", mesh.csr}) ==
          0);
  REQUIRE(mesh.sign({"--out", mesh.bundle, "--json"}) == 0);
  CHECK(mesh.json()["name"] == "web-1");  // of the file web-1.csr
  REQUIRE(mesh.sign({"--name", "web-9", "--out", mesh.bundle, "--json"}) == 0);
  CHECK(mesh.json()["name"] == "web-9");
}

TEST_CASE("ca sign --group puts the node into groups, and ca inspect shows them") {
  Mesh mesh;
  REQUIRE(mesh.sign({"--group", "web", "--group", "db", "--out", mesh.bundle, "--json"}) == 0);
  const auto groups = nlohmann::json::array({"db", "web"});
  CHECK(mesh.json()["groups"] == groups);
  REQUIRE(mesh.run({"ca", "inspect", mesh.bundle, "--json"}) == 0);
  CHECK(mesh.json()["groups"] == groups);
  REQUIRE(mesh.sign({"--json"}) == 0);  // signed again without: granted no more
  CHECK(mesh.json()["groups"].empty());
  CHECK(mesh.sign({"--group", "a b"}) == 2);
}

TEST_CASE("what exists is a conflict and stays as it is") {
  Mesh mesh;
  CHECK(mesh.run({"ca", "init", "--name", "acme", "--out", mesh.ca, "--no-passphrase"}) == 7);
  CHECK(mesh.run({"network", "create", "prod", "--ca", mesh.ca}) == 7);
  CHECK(mesh.run({"node", "init", "--state", mesh.state}) == 7);
  REQUIRE(mesh.sign() == 0);
  const std::string other = mesh.folder / "other";
  REQUIRE(mesh.run({"node", "init", "--state", other}) == 0);
  REQUIRE(mesh.run({"node", "csr", "--state", other, "--out", mesh.csr}) == 0);
  CHECK(mesh.sign() == 7);
  CHECK(mesh.said("--replace"));
  CHECK(mesh.sign({"--replace"}) == 0);
}

TEST_CASE("what does not exist is not found") {
  Mesh mesh;
  const std::string none = mesh.folder / "none";
  CHECK(mesh.run({"ca", "inspect", none}) == 4);
  CHECK(mesh.run({"ca", "sign", none, "--ca", mesh.ca, "--network", "prod"}) == 4);
  CHECK(mesh.run({"ca", "sign", mesh.csr, "--ca", none, "--network", "prod"}) == 4);
  CHECK(mesh.sign({"--network", "nope"}) == 4);
  CHECK(mesh.run({"node", "csr", "--state", none}) == 4);
  CHECK(mesh.run({"node", "install", none, "--state", mesh.state}) == 4);
}

TEST_CASE("an install without the right CA is refused and says that nothing changed") {
  Mesh mesh;
  REQUIRE(mesh.sign({"--out", mesh.bundle}) == 0);
  const std::vector<std::string> install = {"node", "install", mesh.bundle, "--state", mesh.state};
  const auto with = [&](const std::string& pin) {
    auto args = install;
    args.insert(args.end(), {"--ca-fingerprint", pin});
    return mesh.run(args);
  };
  CHECK(mesh.run(install) == 2);
  CHECK(mesh.said("--ca-fingerprint"));
  CHECK(with("SHA256:abc") == 2);
  CHECK(with("SHA256:" + std::string(64, '0')) == 6);
  CHECK(mesh.said("Nothing was changed."));
  CHECK_FALSE(std::filesystem::exists(mesh.state + "/identity/node.bundle"));
  CHECK(with(mesh.fingerprint()) == 0);
  CHECK(mesh.run(install) == 0);
}

TEST_CASE("an error in JSON is one document on stderr") {
  Terminal terminal;
  CHECK(terminal.run({"ca", "inspect", "/none", "-o", "json"}) == 4);
  CHECK(terminal.out.str().empty());
  CHECK(terminal.error()["schema"] == "runar.error.v1");
  CHECK(terminal.error()["code"] == "RUNAR-E1005");
  CHECK(terminal.error()["remedy"].get<std::string>().empty() == false);
}

TEST_CASE("control characters in a file's name do not reach the terminal") {
  Terminal terminal;
  CHECK(terminal.run({"ca", "inspect", "/none\033[31m\n"}) == 4);
  CHECK_FALSE(terminal.said("\033"));
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

TEST_CASE("edits are insertions, deletions, replacements and swaps") {
  CHECK(ctl::edit_distance("sign", "sign") == 0);
  CHECK(ctl::edit_distance("sgin", "sign") == 1);
  CHECK(ctl::edit_distance("sig", "sign") == 1);
  CHECK(ctl::edit_distance("signs", "sign") == 1);
  CHECK(ctl::edit_distance("sogm", "sign") == 2);
  CHECK(ctl::edit_distance("", "sign") == 3);
  CHECK(ctl::edit_distance(std::string(10000, 'x'), "sign") == 3);
}

TEST_CASE("suggestions are near, nearest first, at most three") {
  CHECK(ctl::suggest("lss", {"info", "ls", "less"}) == std::vector<std::string>{"less", "ls"});
  CHECK(ctl::suggest("x", {"ls", "y"}).empty());
  CHECK(ctl::suggest("", {"ls"}).empty());
  CHECK(ctl::suggest("ls", {"ls"}).empty());
  CHECK(ctl::suggest("aaa", {"aab", "aac", "aad", "aae"}).size() == 3);
  CHECK(ctl::did_you_mean({"a", "b"}) == "did you mean a or b?");
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
