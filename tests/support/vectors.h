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
  return std::filesystem::path(RUNARD_CHECKOUT) / "../shared/vectors";
}

}  // namespace runard::test
