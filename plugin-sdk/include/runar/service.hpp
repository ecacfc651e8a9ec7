// Service, service<S>(), RUNAR_PLUGIN: from a class to the tables that the host asks for.
//
//   class Math : public runar::Service {
//    public:
//     void init(runar::Lifecycle& lc) { lc.action<Add, double>("add", ...); }
//   };
//   RUNAR_PLUGIN("math", "1.0.0", runar::service<Math>("math").summary("arithmetic"))
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <runar/detail/instance.hpp>

namespace runar {

// A base for services. Hide (no virtual, no override) the phases that you need; each may give void
// or Task<void>, and may throw: then the service has failed with that text.
// Optional, found by their names:
//   void reconfigure(Lifecycle&)            config() is the new one; throw to keep the old. Without
//                                           it the daemon makes a new instance instead
//   void health(Lifecycle&)                 throw when something is wrong
//   void cancelled(Lifecycle&, runar_id)    the caller of this request (Request::request_id) is
//   gone
class Service {
 public:
  void init(Lifecycle&) {}   // register actions and subscriptions
  void start(Lifecycle&) {}  // every service of the node is initialised: calls may be made
  void stop(Lifecycle&) {}   // all host calls still work
};

// A service type of a plugin, as constant data.
class ServiceType {
 public:
  constexpr explicit ServiceType(const runar_service_type& type) : type_(type) {}
  constexpr ServiceType summary(std::string_view text) const {
    ServiceType with = *this;
    with.type_.summary = {text.data(), text.size()};
    return with;
  }
  // JSON Schema text of the YAML's `config`. Not looked at in this version.
  constexpr ServiceType config_schema(std::string_view text) const {
    ServiceType with = *this;
    with.type_.config_schema = {text.data(), text.size()};
    return with;
  }
  // Two instances must not overlap, as for the owner of a database.
  constexpr ServiceType exclusive() const {
    ServiceType with = *this;
    with.type_.flags |= RUNAR_TYPE_EXCLUSIVE;
    return with;
  }
  constexpr ServiceType version(std::string_view text) const {
    ServiceType with = *this;
    with.type_.version = {text.data(), text.size()};
    return with;
  }
  constexpr const runar_service_type& record() const { return type_; }

 private:
  runar_service_type type_;
};

template <class S>
constexpr ServiceType service(std::string_view name) {
  using Entries = detail::Entries<S>;
  runar_service_type type{};
  type.struct_size = sizeof type;
  type.name = {name.data(), name.size()};
  type.create = &Entries::create;
  type.init = &Entries::init;
  type.start = &Entries::start;
  type.stop = &Entries::stop;
  type.destroy = &Entries::destroy;
  if constexpr (detail::HasReconfigure<S>) {
    type.reconfigure = &Entries::reconfigure;
  }
  if constexpr (detail::HasHealth<S>) {
    type.health = &Entries::health;
  }
  if constexpr (detail::HasCancelled<S>) {
    type.cancelled = &Entries::cancelled;
  }
  return ServiceType(type);
}

}  // namespace runar
