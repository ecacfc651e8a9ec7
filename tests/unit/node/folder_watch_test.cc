// What a watch tells of a folder, and that what it is told for makes no news by itself.
#include "node/folder_watch.h"

#include <boost/asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "support/temp_folder.h"

using namespace runard;
using namespace std::chrono_literals;
using Cause = node::FolderWatch::Cause;
namespace fs = std::filesystem;

namespace {

constexpr auto kOthersRead = fs::perms::owner_all | fs::perms::others_read;

struct Watched {
  using Report = std::pair<std::string, Cause>;

  explicit Watched(bool modes)
      : watch(
            io, {folder.path(), ".so", modes},
            [this](const std::string& path, Cause cause) {
              std::ifstream(path).get();  // as whoever is told does
              reports.emplace_back(fs::path(path).filename(), cause);
            },
            core::Log()) {
    write("a.so");
    watch.start();
    reports.clear();
  }
  void write(const char* name) const { std::ofstream(folder / name) << "x"; }
  std::vector<Report> next() {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (reports.empty() && std::chrono::steady_clock::now() < end) {
      io.run_one_for(100ms);
    }
    return std::exchange(reports, {});
  }

  test::TempFolder folder;
  boost::asio::io_context io;
  std::vector<Report> reports;
  node::FolderWatch watch;
};

}  // namespace

TEST_CASE("a file is told again when its mode changes, or that of its folder, once") {
  Watched it(true);
  fs::permissions(it.folder / "a.so", kOthersRead);
  CHECK(it.next() == std::vector<Watched::Report>{{"a.so", Cause::kAllowed}});
  fs::permissions(it.folder.path(), kOthersRead);
  CHECK(it.next() == std::vector<Watched::Report>{{"a.so", Cause::kAllowed}});
  it.write("b.so");
  CHECK(it.next() == std::vector<Watched::Report>{{"b.so", Cause::kWritten}});
}

TEST_CASE("a file that is written and gets its mode then was written") {
  Watched it(true);
  it.write("b.so");
  fs::permissions(it.folder / "b.so", kOthersRead);
  fs::permissions(it.folder / "a.so", kOthersRead);
  it.write("a.so");
  CHECK(it.next() ==
        std::vector<Watched::Report>{{"a.so", Cause::kWritten}, {"b.so", Cause::kWritten}});
}

TEST_CASE("modes are no news where nobody asked for them") {
  Watched it(false);
  fs::permissions(it.folder / "a.so", kOthersRead);
  fs::permissions(it.folder.path(), kOthersRead);
  it.write("b.so");
  CHECK(it.next() == std::vector<Watched::Report>{{"b.so", Cause::kWritten}});
}

TEST_CASE("a folder that was removed and made again is watched again when that is asked for") {
  Watched it(false);
  const auto ends = [&] {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (it.watch.is_watching() && std::chrono::steady_clock::now() < end) {
      it.io.run_one_for(100ms);
    }
    return !it.watch.is_watching();
  };
  SECTION("removed") {
    fs::remove_all(it.folder.path());
  }
  SECTION("renamed") {
    fs::rename(it.folder.path(), it.folder.path().string() + ".old");
    fs::remove_all(it.folder.path().string() + ".old");
  }
  REQUIRE(ends());
  fs::create_directory(it.folder.path());
  it.write("b.so");
  it.io.restart();  // it had nothing to do
  it.watch.start();
  CHECK(it.next() == std::vector<Watched::Report>{{"b.so", Cause::kFound}});
  it.write("c.so");
  CHECK(it.next() == std::vector<Watched::Report>{{"c.so", Cause::kWritten}});
}
