// Runs one service class in the test host, as the service "it" mounted at "it".
#pragma once

#include <runar/plugin.hpp>
#include <runar/testing.hpp>

namespace test {

template <class S>
const runar_plugin* entry_of(const runar_host* host, runar_err*) {
  runar::detail::host = host;
  static constexpr runar_service_type kType = runar::service<S>("it").record();
  static constexpr const runar_service_type* kTypes[] = {&kType};
  static constexpr runar_plugin kPlugin = runar::detail::plugin_record("it", "1.0.0", kTypes, 1);
  return &kPlugin;
}

template <class S>
struct Running {
  runar::testing::Host host;
  explicit Running(const runar::testing::RunOptions& options = {}) {
    host.load(&entry_of<S>);
    host.run("it", options);
  }
};

}  // namespace test
