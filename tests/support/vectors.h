// Where the official test vectors are: the folder that RUNAR_VECTORS_DIR names, else shared/vectors
// beside the checkout. Tests skip, and say so, where there is none.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace runard::test {

inline std::filesystem::path vectors_folder() {
  if (const char* named = std::getenv("RUNAR_VECTORS_DIR")) {
    return named;
  }
  const auto checkout = std::filesystem::path(__FILE__).parent_path() / "../..";
  return checkout / "../shared/vectors";
}

}  // namespace runard::test
