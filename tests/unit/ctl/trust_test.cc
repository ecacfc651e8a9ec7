// What the CA's operator says to the nodes, as files: whom they are for, and what happens when a
// step fails.
#include <filesystem>
#include <fstream>
#include <set>

#include "identity/authority.h"
#include "identity/durable_file.h"
#include "keys/network_keyring.h"
#include "unit/ctl/terminal.h"

namespace {

using runard::test::Mesh;

// With a second network and two nodes that are installed: web-1 in prod, web-2 in both.
struct TwoNetworks : Mesh {
  TwoNetworks() {
    REQUIRE(run({"network", "create", "backup", "--ca", ca}) == 0);
    add("web-1", {"prod"});
    add("web-2", {"prod", "backup"});
  }
  std::string state_of(const std::string& name) const { return folder / name; }
  void add(const std::string& name, const std::vector<std::string>& networks) {
    const std::string request = folder / (name + ".csr");
    const std::string signed_bundle = folder / (name + ".bundle");
    REQUIRE(run({"node", "init", "--state", state_of(name), "--name", name}) == 0);
    REQUIRE(run({"node", "csr", "--state", state_of(name), "--out", request}) == 0);
    std::vector<std::string> sign = {"ca", "sign", request, "--ca", ca, "--out", signed_bundle};
    for (const std::string& network : networks) {
      sign.insert(sign.end(), {"--network", network});
    }
    REQUIRE(run(sign) == 0);
    REQUIRE(run({"node", "install", signed_bundle, "--state", state_of(name), "--ca-fingerprint",
                 fingerprint()}) == 0);
  }
  int install_on(const std::string& name, const std::string& file,
                 const std::vector<std::string>& more = {}) {
    std::vector<std::string> args = {"node", "install", file, "--state", state_of(name)};
    args.insert(args.end(), more.begin(), more.end());
    return run(args);
  }

  // All that the node has of networks' keys.
  std::string keyrings_of(const std::string& name) const {
    std::set<std::string> texts;
    for (const auto& file : std::filesystem::directory_iterator(state_of(name) + "/statements")) {
      if (file.path().filename().string().starts_with("network-")) {
        texts.insert(*runard::identity::read_file(file.path()));
      }
    }
    std::string all;
    for (const std::string& text : texts) {
      all += text;
    }
    return all;
  }

  // How many the network's keys are sealed to, by the newest statement.
  std::size_t members_of(const std::string& network) const {
    for (const auto& known : *runard::identity::Authority::networks_in(ca)) {
      if (known.name == network) {
        const auto text =
            *runard::identity::read_file(ca + "/keyrings/" + known.id.text() + ".pem");
        const auto statements = *runard::identity::Statement::parse_pem(text);
        return runard::keys::NetworkKeyring::parse(statements.front().body())->members.size();
      }
    }
    return 0;
  }
  // What the CA has said and is.
  std::string ca_text() const {
    std::string all;
    for (const char* file : {"ca.crt", "trust.pem", "denylist.pem", "members"}) {
      const auto text = runard::identity::read_file(ca + "/" + file);
      all += text ? *text : "-";
    }
    for (const auto& file : std::filesystem::directory_iterator(ca + "/keyrings")) {
      all += *runard::identity::read_file(file.path());
    }
    return all;
  }

  const std::string out = folder / "out.pem";
};

}  // namespace

TEST_CASE("T19: a carrier that is no member of a network is told that its keys stay there") {
  TwoNetworks mesh;
  mesh.add("web-3", {"prod", "backup"});
  REQUIRE(mesh.run({"node", "revoke", "web-2", "--ca", mesh.ca, "--out", mesh.out}) == 0);
  CHECK(mesh.said("On a member of prod, one of backup"));
  CHECK(mesh.install_on("web-1", mesh.out, {"--quiet"}) == 8);
  CHECK(mesh.said("warning: this node is no member of backup"));
  CHECK(mesh.said("member of backup too"));
  CHECK(mesh.install_on("web-1", mesh.out, {"-o", "json"}) == 8);
  CHECK(mesh.json()["not_member_of"] == nlohmann::json{"backup"});
  CHECK(mesh.install_on("web-3", mesh.out) == 0);
  CHECK_FALSE(mesh.said("warning"));
}

TEST_CASE("what gives out a network's keys names the members that have to carry them") {
  TwoNetworks mesh;
  REQUIRE(mesh.run({"network", "rotate-key", "backup", "--ca", mesh.ca, "--out", mesh.out}) == 0);
  CHECK(mesh.said("On a member of backup: runarctl node install"));
  CHECK(mesh.install_on("web-1", mesh.out) == 8);
  CHECK(mesh.install_on("web-2", mesh.out) == 0);
  REQUIRE(mesh.run({"network", "rewrap", "prod", "--ca", mesh.ca, "--out", mesh.out}) == 0);
  CHECK(mesh.said("On a member of prod: runarctl node install"));
  REQUIRE(mesh.run({"ca", "rotate", "prepare", "--ca", mesh.ca, "--out", mesh.out}) == 0);
  CHECK(mesh.said("On any one node"));
  REQUIRE(mesh.run({"ca", "rotate", "activate", "--force", "--ca", mesh.ca, "--out", mesh.out, "-o",
                    "json"}) == 0);
  CHECK(mesh.json()["install_on_members_of"] == nlohmann::json{"prod", "backup"});
}

TEST_CASE("of a file with an older denylist a node takes the networks' keys all the same") {
  TwoNetworks mesh;
  mesh.add("web-3", {"prod"});
  mesh.add("web-4", {"backup"});
  const std::string newer = mesh.folder / "newer.pem";
  REQUIRE(mesh.run({"node", "revoke", "web-2", "--ca", mesh.ca, "--out", mesh.out}) == 0);
  REQUIRE(mesh.run({"node", "revoke", "web-3", "--ca", mesh.ca, "--out", newer}) == 0);
  CHECK(mesh.install_on("web-4", newer) == 8);  // the newer denylist, and nothing of backup
  const std::string before = mesh.keyrings_of("web-4");
  CHECK(mesh.install_on("web-4", mesh.out) == 7);
  CHECK(mesh.said("STATEMENT_OLDER"));
  CHECK(mesh.keyrings_of("web-4") != before);
}

TEST_CASE("a step whose file can't be written changes nothing in the CA") {
  TwoNetworks mesh;
  const std::string nowhere = mesh.folder / "typo/x.pem";
  const std::vector<std::vector<std::string>> lines = {{"node", "revoke", "web-2"},
                                                       {"ca", "rotate", "prepare"},
                                                       {"network", "rotate-key", "prod"},
                                                       {"network", "rewrap", "prod"}};
  const std::string before = mesh.ca_text();
  for (auto line : lines) {
    line.insert(line.end(), {"--ca", mesh.ca, "--out", nowhere});
    CHECK(mesh.run(line) != 0);
    CHECK(mesh.said("typo/x.pem"));
    line.back() = mesh.folder.path().string();
    CHECK(mesh.run(line) != 0);
    CHECK(mesh.ca_text() == before);
  }
}

TEST_CASE("what is hard to undo is asked for at a terminal, but not with --yes nor in a script") {
  TwoNetworks mesh;
  REQUIRE(mesh.run({"ca", "rotate", "prepare", "--ca", mesh.ca, "--out", mesh.out}) == 0);
  REQUIRE(mesh.run({"ca", "rotate", "activate", "--force", "--ca", mesh.ca}) == 0);
  const auto new_token = [&] {
    REQUIRE(mesh.run({"token", "create", "--ca", mesh.ca, "--network", "prod", "--address",
                      "[::1]:1", "-o", "json"}) == 0);
    return mesh.json()["id"].get<std::string>();
  };
  const std::vector<std::vector<std::string>> lines = {{"node", "revoke", "web-2"},
                                                       {"ca", "rotate", "retire", "--force"},
                                                       {"token", "rm", new_token()}};
  for (auto line : lines) {
    INFO(line[1]);
    line.insert(line.end(), {"--ca", mesh.ca});
    const std::string before = mesh.ca_text();
    mesh.asks = true;
    for (const char* answer : {"", "\n", "n\n", "no\n", "Yes, of course\n"}) {
      mesh.input = answer;
      CHECK(mesh.run(line) == 2);
      CHECK(mesh.said("Go on? [y/N]"));
      CHECK(mesh.said("nothing was done"));
      CHECK(mesh.ca_text() == before);
    }
    mesh.input = "y\n";
    CHECK(mesh.run(line) == 0);
    CHECK(mesh.said("Go on? [y/N]"));
    mesh.input = "";
    if (line[0] == "token") {
      line[2] = new_token();
    }
    line.emplace_back("--yes");
    CHECK(mesh.run(line) == 0);
    CHECK_FALSE(mesh.said("Go on?"));
    line.pop_back();
    if (line[0] == "token") {
      line[2] = new_token();
    }
    mesh.asks = false;
    CHECK(mesh.run(line) == 0);
    CHECK_FALSE(mesh.said("Go on?"));
  }
}

TEST_CASE("T19: a revocation done again gives the denylist and the keys of the first time") {
  TwoNetworks mesh;
  const std::string again = mesh.folder / "again.pem";
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{"--network", "backup"}, std::vector<std::string>{}}) {
    std::vector<std::string> line = {"node", "revoke", "web-2", "--ca", mesh.ca};
    line.insert(line.end(), more.begin(), more.end());
    line.insert(line.end(), {"--out", mesh.out});
    REQUIRE(mesh.run(line) == 0);
    line.back() = again;
    REQUIRE(mesh.run(line) == 0);
    CHECK(*runard::identity::read_file(again) == *runard::identity::read_file(mesh.out));
  }
  CHECK(mesh.said("On a member of prod, one of backup"));
}

TEST_CASE("T18: a node that is taken off the denylist has the keys of its networks again") {
  TwoNetworks mesh;
  REQUIRE(mesh.run({"node", "revoke", "web-2", "--ca", mesh.ca, "--out", mesh.out}) == 0);
  REQUIRE(mesh.install_on("web-2", mesh.out) == 0);
  REQUIRE(mesh.run({"node", "unrevoke", "web-2", "--ca", mesh.ca, "--out", mesh.out}) == 0);
  CHECK(mesh.said("On a member of prod, one of backup"));
  CHECK(mesh.members_of("prod") == 2);
  CHECK(mesh.members_of("backup") == 1);
  const auto first = *runard::identity::read_file(mesh.out);
  REQUIRE(mesh.run({"node", "unrevoke", "web-2", "--ca", mesh.ca, "--out", mesh.out}) == 0);
  CHECK(*runard::identity::read_file(mesh.out) == first);
  CHECK(mesh.members_of("prod") == 2);
}

TEST_CASE("T29: a step of a rotation done again gives what nodes need of it") {
  TwoNetworks mesh;
  const std::string again = mesh.folder / "again.pem";
  REQUIRE(mesh.run({"node", "revoke", "web-2", "--ca", mesh.ca, "--out", mesh.out}) == 0);
  REQUIRE(mesh.run({"ca", "rotate", "prepare", "--ca", mesh.ca, "--out", mesh.out}) == 0);
  for (const char* step : {"activate", "retire"}) {
    std::vector<std::string> line = {"ca", "rotate", step, "--force", "--ca", mesh.ca, "--out"};
    line.push_back(mesh.folder / "typo/x.pem");
    const std::string before = mesh.ca_text();
    CHECK(mesh.run(line) != 0);
    CHECK(mesh.ca_text() == before);
    line.back() = mesh.out;
    REQUIRE(mesh.run(line) == 0);
    line.back() = again;
    REQUIRE(mesh.run(line) == 0);
    const std::string first = *runard::identity::read_file(mesh.out);
    const std::string second = *runard::identity::read_file(again);
    CHECK(second.starts_with(first));  // retire done again adds the networks' keys
    CHECK(mesh.said("On a member of prod, one of backup"));
  }
}

TEST_CASE("T19: ca sign without a network says whose keys the node still has, and how to change") {
  TwoNetworks mesh;
  const std::string request = mesh.folder / "web-2.csr";
  const std::vector<std::string> sign = {"ca",   "sign",  request,     "--ca", mesh.ca, "--network",
                                         "prod", "--out", mesh.bundle, "-o",   "json"};
  REQUIRE(mesh.run(sign) == 0);
  REQUIRE(mesh.json()["warnings"].size() == 1);
  CHECK(mesh.json()["warnings"][0].get<std::string>().find("network rewrap backup") !=
        std::string::npos);
  const std::string keyring = mesh.folder / "backup.keyring";
  REQUIRE(mesh.run({"network", "rewrap", "backup", "--ca", mesh.ca, "--out", keyring, "--json"}) ==
          0);
  CHECK(mesh.json()["version"] == 2);
  REQUIRE(mesh.run(sign) == 0);
  CHECK(mesh.json()["warnings"].empty());
}

TEST_CASE("a user's profile is encrypted as its creator says, and asks for nothing else") {
  Mesh mesh;
  const std::string secret = mesh.folder / "secret";
  REQUIRE(runard::identity::write_durably(mesh.disk, secret,
                                          runard::core::as_bytes(std::string_view("horse\n")),
                                          runard::identity::kSecretMode));
  const std::string ann = mesh.folder / "ann";
  const std::string bob = mesh.folder / "bob";
  const std::string out = mesh.folder / "out.profile";
  REQUIRE(mesh.run({"profile", "create", ann, "--name", "ann", "--passphrase-file", secret}) == 0);
  CHECK_FALSE(mesh.said("not encrypted"));
  CHECK(mesh.run({"profile", "export", ann, "--out", out, "--passphrase-file", mesh.csr}) != 0);
  CHECK(mesh.run({"profile", "export", ann, "--out", out, "--passphrase-file", secret}) == 0);
  REQUIRE(mesh.run({"profile", "create", bob, "--name", "bob"}) == 0);
  CHECK(mesh.said("not encrypted"));
  CHECK(mesh.run({"profile", "export", bob, "--rotate", "--out", out}) == 0);
  CHECK(mesh.run({"profile", "create", bob, "--name", "b", "--kek", "passphrase", "--passphrase-fd",
                  "-1"}) == 2);
}

TEST_CASE("who lets a node in again is told where it is still shut out") {
  TwoNetworks mesh;
  const auto change = [&](const char* command, std::vector<std::string> more) {
    std::vector<std::string> line = {"node", command, "web-2", "--ca", mesh.ca, "--out", mesh.out};
    line.insert(line.end(), more.begin(), more.end());
    return mesh.run(line);
  };
  REQUIRE(change("revoke", {"--network", "prod"}) == 0);
  REQUIRE(change("revoke", {"--network", "backup"}) == 0);
  CHECK(change("unrevoke", {"--quiet"}) == 8);
  CHECK(mesh.said("web-2 is still shut out of prod; --network prod lets it in again"));
  CHECK(mesh.said("web-2 is still shut out of backup"));
  CHECK(change("unrevoke", {"-o", "json"}) == 8);
  CHECK(mesh.json()["still_revoked_in"] == nlohmann::json{"prod", "backup"});
  INFO("of one network the others are no news");
  CHECK(change("unrevoke", {"--network", "prod"}) == 0);
  CHECK(change("unrevoke", {"--network", "prod"}) == 0);
  CHECK(change("unrevoke", {}) == 8);
  CHECK(change("unrevoke", {"--network", "backup", "-o", "json"}) == 0);
  CHECK_FALSE(mesh.json().contains("still_revoked_in"));
  CHECK(change("unrevoke", {}) == 0);

  REQUIRE(change("revoke", {}) == 0);
  CHECK(change("unrevoke", {"--network", "prod", "-o", "json"}) == 8);
  CHECK(mesh.json()["still_revoked_in"] == nlohmann::json{"*"});
  CHECK(change("unrevoke", {"--network", "prod"}) == 8);
  CHECK(mesh.said("without --network it is let in again"));
  CHECK(change("unrevoke", {}) == 0);
}

TEST_CASE("a file with what a rotation says of very many networks is installed") {
  TwoNetworks mesh;
  std::string text;
  {
    const auto ca =
        *runard::identity::Authority::open({mesh.disk, mesh.clock, mesh.random}, mesh.ca);
    for (std::size_t i = 0; i < 140; ++i) {
      runard::identity::StatementKey key{runard::identity::StatementKind::kNetwork, {}};
      key.subject.bytes.fill(static_cast<std::uint8_t>(i + 1));
      runard::core::Bytes body(i < 10 ? runard::identity::kMaxStatementBody : 1);
      text += ca.state({key, 1, mesh.clock.wall(), body})->pem();
    }
  }
  REQUIRE(text.size() > 2 * runard::identity::kMaxSmallFile);
  const std::string file = mesh.folder / "renewed.pem";
  std::ofstream(file) << text;
  CHECK(mesh.install_on("web-1", file, {"-o", "json"}) == 8);
  CHECK(mesh.json()["news"] == 140);
  mesh.input = text;
  CHECK(mesh.install_on("web-2", "-", {"-o", "json"}) == 8);
  CHECK(mesh.json()["news"] == 140);
}
