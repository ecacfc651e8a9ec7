// runarctl in-process: identities. The files they are made of are in identity's tests.
#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "unit/ctl/terminal.h"

using namespace runard;
using namespace std::chrono_literals;
using core::Errc;
using test::Mesh;
using test::TempFolder;
using test::Terminal;

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

TEST_CASE("ca sign --label gives the node labels, and ca inspect shows them") {
  Mesh mesh;
  REQUIRE(mesh.sign(
              {"--label", "region=eu", "--label", "rack=7", "--out", mesh.bundle, "--json"}) == 0);
  const auto labels = nlohmann::json::array({"rack=7", "region=eu"});
  CHECK(mesh.json()["node_labels"] == labels);
  REQUIRE(mesh.run({"ca", "inspect", mesh.bundle, "--json"}) == 0);
  CHECK(mesh.json()["node_labels"] == labels);
  REQUIRE(mesh.sign({"--json"}) == 0);  // signed again without: granted no more
  CHECK(mesh.json()["node_labels"].empty());
  for (const char* bad : {"eu", "region=", "=eu", "a=b=c", "a=b c"}) {
    CHECK(mesh.sign({"--label", bad}) == 2);
  }
  CHECK(mesh.sign({"--label", "region=eu", "--label", "region=us"}) == 2);
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

TEST_CASE("a rekey that says nothing of the new encryption leaves the old one") {
  Terminal terminal;
  const TempFolder folder;
  const std::string state = folder / "state";
  const std::string phrase = folder / "phrase";
  std::ofstream(phrase) << "correct horse battery staple\n";
  std::filesystem::permissions(phrase, std::filesystem::perms(0600));
  REQUIRE(terminal.run({"node", "init", "--state", state, "--passphrase-file", phrase}) == 0);
  CHECK(terminal.run({"keystore", "rekey", "--state", state, "--passphrase-file", phrase}) == 2);
  CHECK(terminal.said("--new-passphrase-file"));
  CHECK(terminal.said("--kek none"));
  REQUIRE(terminal.run({"keystore", "inspect", "--state", state, "--json"}) == 0);
  CHECK(terminal.json()["kek"] == "passphrase");
  CHECK(terminal.run({"keystore", "rekey", "--state", state, "--passphrase-file", phrase, "--kek",
                      "none"}) == 0);
  CHECK(terminal.run({"keystore", "rekey", "--state", state}) == 0);  // in clear before and after
}

TEST_CASE("ca sign says where the certificate is not what was asked for") {
  Mesh mesh;
  REQUIRE(mesh.sign({"--json"}) == 0);
  CHECK(mesh.json()["warnings"].empty());
  REQUIRE(mesh.run({"node", "csr", "--state", mesh.state, "--name", "a1", "--out", mesh.csr}) == 0);
  REQUIRE(mesh.sign({"--quiet"}) == 0);
  CHECK(mesh.said(R"(warning: it is named "web-1", as the file is; the request wishes "a1")"));
  REQUIRE(mesh.sign({"--quiet", "--name", "a2"}) == 0);
  CHECK(mesh.err.str().empty());
  REQUIRE(mesh.sign({"--quiet", "--name", "a2", "--ttl", "7300d"}) == 0);
  CHECK(mesh.said("warning: the certificate ends with the CA"));
  REQUIRE(mesh.run({"node", "revoke", "a2", "--ca", mesh.ca, "--out", mesh.folder / "d"}) == 0);
  REQUIRE(mesh.sign({"--name", "a2", "--json"}) == 0);
  REQUIRE(mesh.json()["warnings"].size() == 1);
  CHECK(mesh.json()["warnings"][0].get<std::string>().find("is revoked") != std::string::npos);
}

TEST_CASE("a name that no certificate can have is refused in the request already") {
  Mesh mesh;
  CHECK(mesh.run({"node", "csr", "--state", mesh.state, "--name", "bad name"}) == 2);
  CHECK(mesh.said("A-Z a-z 0-9"));
}

TEST_CASE("no remedy tells to remove what can't be made again") {
  Mesh mesh;
  const std::string ann = mesh.folder / "ann";
  REQUIRE(mesh.run({"profile", "create", ann, "--name", "ann"}) == 0);
  for (const std::vector<std::string>& again :
       {std::vector<std::string>{"ca", "init", "--name", "acme", "--out", mesh.ca},
        {"profile", "create", ann, "--name", "ann"},
        {"ca", "rotate", "retire", "--ca", mesh.ca},
        {"node", "init", "--state", mesh.state}}) {
    CAPTURE(again);
    CHECK(mesh.run(again) == 7);
    CHECK_FALSE(mesh.said("remove"));
    CHECK(mesh.run({"explain", "CONFLICT"}) == 0);
  }
  CHECK(mesh.run({"node", "unrevoke", mesh.fingerprint(), "--ca", mesh.ca}) == 4);
  REQUIRE(mesh.sign() == 0);
  CHECK(mesh.run({"node", "unrevoke", "web-1", "--ca", mesh.ca}) == 4);
  CHECK(mesh.said("Nothing to do"));
}

TEST_CASE("a state directory that is not there is named, with the option for another") {
  Terminal terminal;
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"keystore", "inspect"}, {"key", "ls"}, {"node", "csr"}}) {
    auto args = command;
    args.insert(args.end(), {"--state", "/no/such/folder"});
    CAPTURE(args);
    CHECK(terminal.run(args) == 4);
    CHECK(terminal.said("there is no folder /no/such/folder"));
    CHECK(terminal.said("try: Name the node's state directory: --state"));
  }
}

TEST_CASE("a profile's key for another node is refused, and nothing is kept of it") {
  Mesh mesh;
  const std::string ann = mesh.folder / "ann";
  const std::string key = mesh.folder / "ann.key";
  const std::string other = mesh.folder / "other";
  REQUIRE(mesh.run({"profile", "create", ann, "--name", "ann"}) == 0);
  REQUIRE(mesh.run({"profile", "delegate", ann, "--to", mesh.csr, "--out", key}) == 0);
  REQUIRE(mesh.run({"node", "init", "--state", other}) == 0);
  CHECK(mesh.run({"profile", "import", key, "--state", other}) == 6);
  CHECK(mesh.said("this is node"));
  CHECK_FALSE(std::filesystem::exists(other + "/delegations"));
  CHECK(mesh.run({"profile", "import", key, "--state", mesh.state}) == 0);
}

TEST_CASE("a file's folder that is not there is what the error names") {
  Mesh mesh;
  CHECK(mesh.run({"node", "csr", "--state", mesh.state, "--out", "/no/such/x.csr"}) == 4);
  CHECK(mesh.said("error: /no/such: there is no such folder"));
  CHECK_FALSE(mesh.said(".tmp"));
}
