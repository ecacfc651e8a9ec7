// One file has one name, however the configuration spells it: by it the node knows that a file
// of the folder runs already, with the rights that it was given.
#include <boost/asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "node/folder_watch.h"
#include "node/instance_specs.h"
#include "support/temp_folder.h"

using namespace runard;
namespace fs = std::filesystem;

namespace {

// What a watch of the folder calls the one plugin that is in it.
std::string name_in_watch(const config::Config& config) {
  boost::asio::io_context io;
  std::string found;
  node::FolderWatch watch(
      io, {node::plugin_folder(config.plugins.dir), ".so", true},
      [&](const std::string& path, node::FolderWatch::Cause) { found = path; }, core::Log());
  watch.start();
  watch.stop();
  return found;
}

config::Config config_of(const std::string& dir, const std::string& file) {
  config::Config config;
  config.plugins.dir = dir;
  config.plugins.load.resize(1);
  config.plugins.load[0].file = file;
  config.plugins.load[0].services.resize(1);
  config.plugins.load[0].services[0].path = "math";
  config.plugins.load[0].services[0].network = "main";
  return config;
}

}  // namespace

TEST_CASE("a configured plugin has the name that the watch of the folder gives it") {
  const test::TempFolder temp;
  const std::string dir = temp.path().string();
  fs::create_directory(temp / "plugins");
  fs::create_directory_symlink(temp / "plugins", temp / "link");
  std::ofstream(temp / "plugins" / "math.so") << "x";

  const std::string folders[] = {"/plugins",           "/plugins/", "//plugins//",
                                 "/link/../plugins/.", "/link",     "/link/"};
  for (const std::string& folder : folders) {
    INFO(folder);
    for (const std::string& file : {std::string("math.so"), dir + "/plugins/math.so",
                                    dir + "/plugins//math.so", dir + "/link/math.so"}) {
      INFO(file);
      const config::Config config = config_of(dir + folder, file);
      const auto specs = node::configured_instances(config);
      REQUIRE(specs.has_value());
      REQUIRE(specs->size() == 1);
      CHECK(specs->front().file.string() == name_in_watch(config));
      CHECK(node::plugin_file(config.plugins, file).string() == name_in_watch(config));
    }
  }
}

TEST_CASE("a folder that is not there has one spelling, too") {
  const config::Config plain = config_of("/no/such", "math.so");
  const config::Config slash = config_of("/no//such/", "math.so");
  CHECK(node::plugin_file(plain.plugins, "math.so") == "/no/such/math.so");
  CHECK(node::plugin_file(slash.plugins, "math.so") == "/no/such/math.so");
}
