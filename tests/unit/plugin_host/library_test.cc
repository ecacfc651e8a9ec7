#include "plugin_host/library.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "plugin_host/abi.h"
#include "support/plugin_world.h"
#include "support/result_text.h"
#include "support/temp_folder.h"

using namespace runard;
using namespace runard::plugin_host;
using core::Errc;
using test::PluginWorld;

namespace {

// A store of its own, so that each test maps its plugins anew.
struct Loader {
  PluginWorld world;  // for its folder
  std::filesystem::path store = world.folder / "copies";
  Libraries libraries{PluginStore(store, hash), host_table()};

  static std::string hash(core::ByteView bytes) {
    return std::to_string(std::hash<std::string_view>{}(core::as_text(bytes)));
  }
  core::Result<Library*> load(const std::string& plugin) {
    return libraries.load(PluginWorld::plugin(plugin));
  }
  core::Error error(const std::string& plugin) {
    const auto library = load(plugin);
    return library ? core::Error{Errc{}, "loaded", {}, 0} : library.error();
  }
};

mode_t mode_of(const std::filesystem::path& path) {
  struct stat facts{};
  REQUIRE(::stat(path.c_str(), &facts) == 0);
  return facts.st_mode & 0777;
}

}  // namespace

TEST_CASE("a plugin with several types is loaded and its types are found") {
  Loader loader;
  const auto library = loader.load("two_types");
  REQUIRE(library);
  CHECK((*library)->types().size() == 2);
  CHECK((*library)->find("left"));
  const auto missing = (*library)->find("middle");
  CHECK(missing.error().code == Errc::kPluginNoType);
  CHECK(missing.error().about == R"(two_types has no service type "middle", but: left, right)");
}

TEST_CASE("what can't be loaded is refused by name and reason") {
  Loader loader;
  CHECK(loader.error("does_not_exist").code == Errc::kPluginUnreadable);
  CHECK(loader.error("no_note").code == Errc::kPluginBadManifest);
  CHECK(loader.error("bad_note").code == Errc::kPluginBadManifest);
  CHECK(loader.error("other_abi").code == Errc::kPluginIncompatible);
  CHECK(loader.error("other_name").code == Errc::kPluginBadManifest);

  const core::Error undefined = loader.error("undefined_symbol");
  CHECK(undefined.code == Errc::kPluginLoadFailed);
  CHECK(undefined.about.find("a_function_that_nobody_has") != std::string::npos);
}

TEST_CASE("unload is a plugin's last call, and comes once") {
  Loader loader;
  const std::filesystem::path told = loader.world.folder / "unloaded";
  REQUIRE(setenv("GATE_UNLOADED", told.c_str(), 1) == 0);
  REQUIRE(loader.load("gate"));
  REQUIRE(loader.load("gate"));  // the same bytes are one library
  CHECK_FALSE(std::filesystem::exists(told));
  loader.libraries.unload_all();
  loader.libraries.unload_all();
  unsetenv("GATE_UNLOADED");
  REQUIRE(std::filesystem::exists(told));
  CHECK(std::filesystem::file_size(told) == 1);
}

TEST_CASE("negotiation follows struct_size and the minor") {
  Loader loader;
  const core::Error minor = loader.error("newer_minor");
  CHECK(minor.code == Errc::kPluginIncompatible);
  CHECK(minor.about == "newer_minor: it needs ABI 1.7, this is 1.0");
  CHECK(loader.error("too_new").code == Errc::kPluginIncompatible);
  CHECK(loader.error("newer_tail").code == Errc{});
}

TEST_CASE("the entry of a mapped file is called once, also when it failed") {
  Loader loader;
  CHECK(loader.error("fails").about == "fails: no licence, call 1");
  CHECK(loader.error("fails").about == "fails: no licence, call 1");
}

TEST_CASE("the same bytes are one library, whatever the file is called") {
  Loader loader;
  const auto first = loader.load("two_types");
  const auto renamed = loader.world.folder / "renamed.so";
  std::filesystem::copy_file(PluginWorld::plugin("two_types"), renamed);
  const auto second = loader.libraries.load(renamed);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(*first == *second);
}

TEST_CASE("a file that is overwritten in place gives the new code, and the old one goes on") {
  Loader loader;
  const auto dropped = loader.world.folder / "dropped.so";
  std::filesystem::copy_file(PluginWorld::plugin("two_types"), dropped);
  const auto before = loader.libraries.load(dropped);
  REQUIRE(before);

  {
    std::ifstream other(PluginWorld::plugin("newer_tail"), std::ios::binary);
    std::ofstream(dropped, std::ios::binary | std::ios::trunc) << other.rdbuf();
  }
  const auto after = loader.libraries.load(dropped);

  REQUIRE(after);
  CHECK((*after)->manifest().name == "newer_tail");
  CHECK((*before)->types()[0].name == "left");
  CHECK((*before)->types()[0].calls.init(nullptr, nullptr, nullptr) == RUNAR_OK);
}

TEST_CASE("copies are private to the daemon") {
  Loader loader;
  const auto library = loader.load("two_types");
  REQUIRE(library);
  const auto copy = loader.store / ((*library)->hash() + ".so");
  CHECK(mode_of(loader.store) == 0700);
  CHECK(mode_of(copy) == 0400);
}

TEST_CASE("a copy that was tampered with is replaced before it is loaded") {
  Loader loader;
  const auto bytes = read_plugin_file(PluginWorld::plugin("two_types"));
  REQUIRE(bytes);
  PluginStore store(loader.store, Loader::hash);
  const auto copy = store.keep(*bytes);
  REQUIRE(copy);
  std::filesystem::permissions(copy->path, std::filesystem::perms::owner_all);
  std::ofstream(copy->path, std::ios::binary | std::ios::trunc) << "something else";

  REQUIRE(store.keep(*bytes));

  const auto again = read_plugin_file(copy->path);
  REQUIRE(again);
  CHECK(*again == *bytes);
}

TEST_CASE("only regular files of a sane size are read") {
  Loader loader;
  CHECK(read_plugin_file(loader.world.folder).error().code == Errc::kPluginUnreadable);
  const auto pipe = loader.world.folder / "pipe.so";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(read_plugin_file(pipe).error().code == Errc::kPluginUnreadable);
  const auto large = loader.world.folder / "large.so";
  std::ofstream(large) << "x";
  std::filesystem::resize_file(large, kMaxPluginFile + 1);
  CHECK(read_plugin_file(large).error().about.find("64 MiB") != std::string::npos);
}

TEST_CASE("a plugin that others may write, or whose folder they may, is not read") {
  const test::TempFolder temp;
  const auto folder = temp / "plugins";
  const auto file = folder / "a.so";
  std::filesystem::create_directory(folder);
  std::ofstream(file) << "x";
  const auto outcome = [&](mode_t of_folder, mode_t of_file, const std::filesystem::path& path) {
    REQUIRE(::chmod(folder.c_str(), of_folder) == 0);
    REQUIRE(::chmod(file.c_str(), of_file) == 0);
    const auto bytes = read_plugin_file(path);
    CHECK((bytes || bytes.error().code == Errc::kPluginUnreadable));
    return bytes ? std::string() : bytes.error().about;
  };
  const auto other_may = [](const std::filesystem::path& path, const char* mode) {
    return fmt::format("{0}: others may write it (mode {1}): chmod go-w '{0}'", path.string(),
                       mode);
  };
  CHECK(outcome(0755, 0644, file).empty());
  CHECK(outcome(0700, 0400, file).empty());
  CHECK(outcome(01777, 0644, file).empty());  // as /tmp: nobody may replace it
  CHECK(outcome(0755, 0664, file) == other_may(file, "0664"));
  CHECK(outcome(0755, 0646, file) == other_may(file, "0646"));
  CHECK(outcome(0775, 0644, file) == other_may(folder, "0775"));
  CHECK(outcome(0757, 0644, file) == other_may(folder, "0757"));
  INFO("through a symbolic link both folders count");
  const auto link = temp / "b.so";
  std::filesystem::create_symlink(file, link);
  CHECK(outcome(0755, 0644, link).empty());
  CHECK(outcome(0775, 0644, link) == other_may(folder, "0775"));
}

TEST_CASE("a plugin of another user, or in another user's folder, is not read") {
  if (::geteuid() != 0) {
    SKIP("only root can give a file away");
  }
  const test::TempFolder temp;
  const auto folder = temp / "plugins";
  const auto file = folder / "a.so";
  std::filesystem::create_directory(folder);
  std::ofstream(file) << "x";
  REQUIRE(::chown(file.c_str(), 12345, 0) == 0);
  CHECK(read_plugin_file(file).error().about ==
        fmt::format("{0}: belongs to user 12345, not to root or runard's user: chown 0 '{0}'",
                    file.string()));
  REQUIRE(::chown(file.c_str(), 0, 0) == 0);
  REQUIRE(::chown(folder.c_str(), 12345, 0) == 0);
  CHECK(read_plugin_file(file).error().code == Errc::kPluginUnreadable);
  REQUIRE(::chown(folder.c_str(), 0, 0) == 0);
  CHECK(read_plugin_file(file));
}

TEST_CASE("a store that can't be written is an error, not a crash") {
  const auto bytes = read_plugin_file(PluginWorld::plugin("two_types"));
  REQUIRE(bytes);
  PluginStore store("/proc/no/such/folder", Loader::hash);
  CHECK(store.keep(*bytes).error().code == Errc::kSystem);
}
