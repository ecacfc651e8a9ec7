// The folder that a service keeps its data in.
#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "puppets.h"
#include "support/result_text.h"
#include "support/temp_folder.h"

using namespace runard;
using namespace runard::test;
using registry::ServiceState;
namespace fs = std::filesystem;

TEST_CASE("a service finds its data folder made, private and empty or as it left it") {
  Service service("s");
  const TempFolder temp;
  const fs::path folder = temp / "data" / "main" / "s";
  fs::perms mode{};
  service.puppet.on_create = [&](runar_ctx*, const runar_service_args* args, runar_err*) {
    const fs::path given(text(args->data_dir));
    std::error_code error;
    mode = fs::status(given, error).permissions();
    std::ofstream(given / "kept", std::ios::app) << "x";
    return RUNAR_OK;
  };
  auto spec = service.spec();
  spec.data_dir = folder.string();
  for (const std::uintmax_t size : {1U, 2U}) {
    PluginWorld world;
    REQUIRE(world.add({spec}));
    CHECK(world.state("s") == ServiceState::kRunning);
    CHECK(mode == fs::perms::owner_all);
    CHECK(fs::file_size(folder / "kept") == size);
  }
}

TEST_CASE("a service whose data folder can't be made fails, and says why") {
  Service service("s");
  const TempFolder temp;
  std::ofstream(temp / "file") << "x";
  auto spec = service.spec();
  spec.data_dir = (temp / "file" / "s").string();
  PluginWorld world;
  REQUIRE(world.add({spec}));
  CHECK(world.state("s") == ServiceState::kFailed);
  CHECK(world.status("s").last_error.about.find("file/s can't be made") != std::string::npos);
  CHECK(service.puppet.created == 0);
}
