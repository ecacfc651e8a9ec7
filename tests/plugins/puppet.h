// Puppet: lets a test say what a plugin does. The plugin puppet.so has one service type whose
// lifecycle functions call back into the test; its configuration holds the Puppet's address.
#pragma once

#include <runar/plugin.h>

#include <atomic>
#include <functional>
#include <string>

namespace runard::test {

struct Puppet {
  std::atomic<const runar_host*> host{nullptr};  // set by create
  std::atomic<runar_ctx*> ctx{nullptr};
  std::atomic<int> created{0}, inited{0}, started{0}, stopped{0}, destroyed{0};
  std::function<runar_status(runar_ctx*, const runar_service_args*, runar_err*)> on_create;
  std::function<runar_status(runar_ctx*, runar_err*)> on_init;
  std::function<runar_status(runar_ctx*, runar_err*)> on_start;
  std::function<runar_status(runar_ctx*, std::int64_t, runar_err*)> on_stop;
  std::function<void()> on_destroy;
  std::function<void(runar_ctx*, runar_id)> on_cancelled;
  // Types "puppet" and "exclusive" have no health and reconfigure; "caring" has.
  std::function<runar_status(runar_ctx*, runar_err*)> on_health;
  std::function<runar_status(runar_ctx*, runar_str, runar_err*)> on_reconfigure;

  std::string config() const {
    return "{\"puppet\":" + std::to_string(reinterpret_cast<std::uintptr_t>(this)) + "}";
  }
};

}  // namespace runard::test
