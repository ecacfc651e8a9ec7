#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <runar/testing.hpp>

namespace {

using runar::testing::Body;
using runar::testing::Host;
using runar::testing::Reply;

// A folder that is gone with the test.
struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "profiles-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
};

struct Profiles {
  Host host;
  explicit Profiles(const std::string& data_dir = {}) {
    host.load(RUNARD_PLUGIN_DIR "/profiles.so");
    host.run("profiles", {.path = "users", .data_dir = data_dir});
  }
  Reply read(const char* user) { return host.call(std::string("users/") + user + "/profile"); }
  Reply set(const char* user, const char* json) {
    return host.call(std::string("users/") + user + "/profile/set", Body::json(json));
  }
};

}  // namespace

TEST_CASE("a profile is written, read and forgotten") {
  Profiles it;
  CHECK(it.set("ann", R"({"name":"Ann","email":"ann@example.org"})").ok());
  CHECK(it.read("ann").body.show() ==
        R"({"name":"Ann","email":"ann@example.org","attributes":{}})");
  CHECK(it.set("ann", R"({"name":"Ann B","attributes":{"team":"x"}})").ok());
  CHECK(it.read("ann").body.show() == R"({"name":"Ann B","attributes":{"team":"x"}})");
  CHECK(it.host.call("users/ann/profile/remove").as<bool>());
  CHECK_FALSE(it.host.call("users/ann/profile/remove").as<bool>());
  CHECK(it.read("ann").status == RUNAR_E_APP - 1);
  CHECK(it.host.finish().empty());
}

TEST_CASE("who has no profile is named in the error") {
  Profiles it;
  const Reply reply = it.read("a%2Fb");
  CHECK(reply.status == RUNAR_E_APP - 1);
  CHECK(reply.message == "no profile of user a/b");
  CHECK(it.host.finish().empty());
}

TEST_CASE("a profile that is wrong is refused with the field") {
  Profiles it;
  CHECK(it.set("ann", "{}").message == "name: is missing");
  CHECK(it.set("ann", R"({"name":"a","attributes":{"x":1}})").message ==
        "attributes.x: expected a text, found an integer");
  CHECK(it.set(std::string(101, 'a').c_str(), R"({"name":"a"})").status == RUNAR_E_INVALID);
  CHECK(it.read("ann").status == RUNAR_E_APP - 1);
  CHECK(it.host.finish().empty());
}

TEST_CASE("each change is published, a user's name escaped") {
  Profiles it;
  it.set("a%2Fb", R"({"name":"a"})");
  it.host.call("users/a%2Fb/profile/remove");
  it.host.call("users/a%2Fb/profile/remove");
  const auto published = it.host.published();
  REQUIRE(published.size() == 2);
  CHECK(published[0].topic == "main:users/a%2Fb/profile/changed");
  CHECK(published[0].body.show() == R"({"removed":false,"user_id":"a/b"})");
  CHECK(published[1].body.show() == R"({"removed":true,"user_id":"a/b"})");
  CHECK(it.host.finish().empty());
}

TEST_CASE("with a data_dir profiles survive a restart") {
  const Folder folder;
  {
    Profiles it(folder.path.string());
    CHECK(it.set("ann", R"({"name":"Ann"})").ok());
    CHECK(it.set("..%2F..%2Fetc", R"({"name":"Eve"})").ok());
    CHECK(it.set("bob", R"({"name":"Bob"})").ok());
    CHECK(it.host.call("users/bob/profile/remove").as<bool>());
    CHECK(it.host.finish().empty());
  }
  Profiles it(folder.path.string());
  CHECK(it.read("ann").body.show() == R"({"name":"Ann","attributes":{}})");
  CHECK(it.read("..%2F..%2Fetc").body.show() == R"({"name":"Eve","attributes":{}})");
  CHECK_FALSE(it.read("bob").ok());
  CHECK(it.host.finish().empty());
}

TEST_CASE("files that are no profiles are put aside and told") {
  const Folder folder;
  std::ofstream(folder.path / "616e6e.cbor") << "no cbor";
  std::ofstream(folder.path / "zz.cbor") << "\xa1\x64name\x61x";
  std::ofstream(folder.path / "626f62.cbor.new") << "half";
  Profiles it(folder.path.string());
  CHECK(it.host.logs().size() == 3);  // two problems and the count
  CHECK(std::filesystem::exists(folder.path / "616e6e.cbor.unreadable"));
  CHECK(std::filesystem::exists(folder.path / "zz.cbor.unreadable"));
  CHECK_FALSE(it.read("ann").ok());
  CHECK(it.host.finish().empty());
}

TEST_CASE("files that can't be opened or read fail the start, and stay where they are") {
  const Folder folder;
  const auto file = folder.path / "616e6e.cbor";
  std::filesystem::create_symlink(folder.path / "nothing", file);  // opened by nobody
  CHECK_THROWS_AS(Profiles(folder.path.string()), runar::Error);
  CHECK(std::filesystem::is_symlink(file));
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);  // read by nobody
  CHECK_THROWS_AS(Profiles(folder.path.string()), runar::Error);
  CHECK(std::filesystem::is_directory(file));
}

TEST_CASE("a profile that can't be stored is not kept in memory either") {
  const Folder folder;
  Profiles it((folder.path / "sub").string());
  std::filesystem::remove_all(folder.path / "sub");
  CHECK(it.set("ann", R"({"name":"Ann"})").status == RUNAR_E_INTERNAL);
  CHECK_FALSE(it.read("ann").ok());
  CHECK(it.host.published().empty());
  CHECK(it.host.finish().empty());
}
