#include "calls/choice.h"

#include <algorithm>

namespace runard::calls {
namespace {

struct Fits {
  const registry::Registry& registry;
  const rpc::Request& request;
  std::span<rpc::Handler* const> tried;

  bool operator()(const registry::Provider& provider) const {
    const bool local = provider.node.is_zero();
    if (!local && (request.flags & rpc::kInbound) != 0) {
      return false;
    }
    if (!request.target.is_zero() && request.target != (local ? registry.self() : provider.node)) {
      return false;
    }
    return std::find(tried.begin(), tried.end(), provider.handler) == tried.end();
  }
};

// With a target nobody takes turns, so it does no harm that its schemas are not those in use.
void choose_left_out(std::span<const registry::RouteTable::Routes::Entry> entries, const Fits& fits,
                     Choice& choice) {
  for (const auto& entry : entries) {
    const auto& left_out = entry.value->left_out;
    const auto at = std::ranges::find_if(left_out, fits);
    if (at != left_out.end()) {
      choice.provider = &*at;
      choice.pattern = &entry.pattern;
      choice.fit = 1;
      return;
    }
  }
}

}  // namespace

void choose(const registry::Registry& registry, const registry::RouteTable& table,
            const rpc::Request& request, std::span<rpc::Handler* const> tried, Choice& choice) {
  const Fits fits{registry, request, tried};
  const auto entries = table.find({request.network, request.path}, choice.captures);
  choice.known = !entries.empty();
  for (const auto& entry : entries) {
    const registry::Route& route = *entry.value;
    const auto count = static_cast<std::uint32_t>(route.providers.size());
    const std::uint32_t remote = count - route.local_count;
    const std::uint32_t turn = remote > 1 ? route.turn.fetch_add(1, std::memory_order_relaxed) : 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t at =
          i < route.local_count ? i : route.local_count + (i - route.local_count + turn) % remote;
      const registry::Provider& provider = route.providers[at];
      if (!fits(provider)) {
        continue;
      }
      ++choice.fit;
      if (choice.provider == nullptr ||
          (provider.node.is_zero() && !choice.provider->node.is_zero())) {
        choice.provider = &provider;
        choice.pattern = &entry.pattern;
      }
    }
  }
  if (choice.provider == nullptr && !request.target.is_zero()) {
    choose_left_out(entries, fits, choice);
  }
}

}  // namespace runard::calls
