// A plugin whose behaviour the test decides: see puppet.h.
#include "puppet.h"

#include <cstdlib>

RUNAR_MANIFEST(
    "{\"name\":\"puppet\",\"version\":\"1.0.0\",\"abi\":\"1.0\","
    "\"services\":[\"puppet\",\"exclusive\",\"caring\"],\"wants\":{\"networks\":[\"main\"]}}");

namespace {

using runard::test::Puppet;

const runar_host* g_host = nullptr;

Puppet* of(void* self) {
  return static_cast<Puppet*>(self);
}

runar_status create(runar_ctx* ctx, const runar_service_args* args, void** self, runar_err* err) {
  const std::string config(args->config_json.ptr, args->config_json.len);
  const std::size_t at = config.find("\"puppet\":");
  if (at == std::string::npos) {
    return RUNAR_E_INVALID;
  }
  auto* puppet = reinterpret_cast<Puppet*>(
      static_cast<std::uintptr_t>(std::strtoull(config.c_str() + at + 9, nullptr, 10)));
  *self = puppet;
  puppet->host = g_host;
  puppet->ctx = ctx;
  ++puppet->created;
  return puppet->on_create ? puppet->on_create(ctx, args, err) : RUNAR_OK;
}

runar_status init(void* self, runar_ctx* ctx, runar_err* err) {
  ++of(self)->inited;
  return of(self)->on_init ? of(self)->on_init(ctx, err) : RUNAR_OK;
}

runar_status start(void* self, runar_ctx* ctx, runar_err* err) {
  ++of(self)->started;
  return of(self)->on_start ? of(self)->on_start(ctx, err) : RUNAR_OK;
}

runar_status stop(void* self, runar_ctx* ctx, int64_t deadline_ns, runar_err* err) {
  ++of(self)->stopped;
  return of(self)->on_stop ? of(self)->on_stop(ctx, deadline_ns, err) : RUNAR_OK;
}

void destroy(void* self) {
  ++of(self)->destroyed;
  if (of(self)->on_destroy) {
    of(self)->on_destroy();
  }
}

void cancelled(void* self, runar_ctx* ctx, runar_id request) {
  if (of(self)->on_cancelled) {
    of(self)->on_cancelled(ctx, request);
  }
}

runar_status health(void* self, runar_ctx* ctx, runar_err* err) {
  return of(self)->on_health ? of(self)->on_health(ctx, err) : RUNAR_OK;
}

runar_status reconfigure(void* self, runar_ctx* ctx, runar_str config, runar_err* err) {
  return of(self)->on_reconfigure ? of(self)->on_reconfigure(ctx, config, err) : RUNAR_OK;
}

runar_str str(const char* text) {
  return {text, std::char_traits<char>::length(text)};
}

runar_service_type make_type(const char* name, uint32_t flags) {
  runar_service_type type{};
  type.struct_size = sizeof type;
  type.flags = flags;
  type.name = str(name);
  type.version = str("1.0.0");
  type.create = create;
  type.init = init;
  type.start = start;
  type.stop = stop;
  type.destroy = destroy;
  type.cancelled = cancelled;
  return type;
}

}  // namespace

const runar_plugin* runar_plugin_v1(const runar_host* host, runar_err*) {
  static const runar_service_type puppet = make_type("puppet", 0);
  static const runar_service_type exclusive = make_type("exclusive", RUNAR_TYPE_EXCLUSIVE);
  static runar_service_type caring = make_type("caring", 0);
  caring.health = health;
  caring.reconfigure = reconfigure;
  static const runar_service_type* const types[] = {&puppet, &exclusive, &caring};
  static runar_plugin plugin{};
  g_host = host;
  plugin.struct_size = sizeof plugin;
  plugin.abi_minor = RUNAR_ABI_MINOR;
  plugin.name = str("puppet");
  plugin.version = str("1.0.0");
  plugin.types = types;
  plugin.type_count = 3;
  return &plugin;
}
