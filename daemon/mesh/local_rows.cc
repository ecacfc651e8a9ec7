#include "mesh/local_rows.h"

#include <algorithm>

namespace runard::mesh {
namespace {

// A delta between two views may hold the networks of both.
constexpr std::size_t kMaxViewNetworks = wire::kMaxUpdateNetworks / 2;

std::uint64_t to_ms(core::WallTime time) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
  return ms.count() > 0 ? static_cast<std::uint64_t>(ms.count()) : 0;
}

wire::ServiceEntry to_entry(const registry::ServiceRow& row) {
  wire::ServiceEntry entry{row.path,
                           row.type,
                           row.version,
                           row.summary,
                           static_cast<std::uint8_t>(row.state),
                           to_ms(row.registered),
                           to_ms(row.started),
                           std::vector<wire::ActionEntry>()};
  for (const registry::ActionRow& action : row.actions) {
    entry.actions->push_back({action.pattern, action.summary, action.input_schema,
                              action.output_schema, action.flags, action.timeout_ms});
  }
  return entry;
}

Face face_of(const registry::NodeRows& rows) {
  Face face{rows.name, {}};
  for (const std::string& text : rows.addresses) {
    const auto address = wire::Address::parse(text);
    if (address && face.addresses.size() < wire::kMaxUpdateAddresses) {
      face.addresses.push_back(*address);
    }
  }
  return face;
}

bool by_path(const wire::ServiceEntry& a, const wire::ServiceEntry& b) {
  return a.path < b.path;
}

void sort(wire::Section& section) {
  std::sort(section.services.begin(), section.services.end(), by_path);
  auto& subscriptions = section.subscriptions;
  std::sort(subscriptions.begin(), subscriptions.end());
  subscriptions.erase(std::unique(subscriptions.begin(), subscriptions.end()), subscriptions.end());
}

std::map<core::NetworkId, wire::Section> split(const registry::NodeRows& rows,
                                               const NetworkNames& names) {
  std::map<core::NetworkId, wire::Section> sections;
  const auto section = [&](const std::string& network) -> wire::Section* {
    const auto id = names.id(network);
    if (!id) {
      return nullptr;
    }
    sections[*id].network = *id;
    return &sections[*id];
  };
  for (const registry::ServiceRow& row : rows.services) {
    if (wire::Section* of = section(row.network)) {
      of->services.push_back(to_entry(row));
    }
  }
  for (const registry::SubscriptionRow& row : rows.subscriptions) {
    if (wire::Section* of = section(row.network)) {
      of->subscriptions.push_back({row.pattern, row.group});
    }
  }
  for (auto& [id, made] : sections) {
    sort(made);
  }
  return sections;
}

// Walks two sorted lists side by side: gone(a), come(b) or both(a, b).
template <class List, class Less, class Gone, class Come, class Both>
// NOLINTNEXTLINE(readability-function-size): two lists and what to do with them
void walk(const List& from, const List& to, Less less, Gone gone, Come come, Both both) {
  auto a = from.begin();
  auto b = to.begin();
  while (a != from.end() || b != to.end()) {
    if (b == to.end() || (a != from.end() && less(*a, *b))) {
      gone(*a++);
    } else if (a == from.end() || less(*b, *a)) {
      come(*b++);
    } else {
      both(*a++, *b++);
    }
  }
}

wire::ServiceEntry changed(const wire::ServiceEntry& from, wire::ServiceEntry to) {
  if (from.actions == to.actions) {
    to.actions.reset();
  }
  return to;
}

wire::Section delta_of(const wire::Section& from, const wire::Section& to) {
  wire::Section delta;
  delta.network = to.network;
  walk(
      from.services, to.services, by_path,
      [&](const auto& gone) { delta.gone_services.push_back(gone.path); },
      [&](const auto& come) { delta.services.push_back(come); },
      [&](const auto& a, const auto& b) {
        if (a != b) {
          delta.services.push_back(changed(a, b));
        }
      });
  walk(
      from.subscriptions, to.subscriptions, std::less<>(),
      [&](const auto& gone) { delta.gone_subscriptions.push_back(gone); },
      [&](const auto& come) { delta.subscriptions.push_back(come); },
      [](const auto&, const auto&) {});
  return delta;
}

}  // namespace

LocalRows::LocalRows() : face_(std::make_shared<const Face>()) {}

bool LocalRows::set(const registry::NodeRows& rows, const NetworkNames& names) {
  bool changed = false;
  if (Face face = face_of(rows); face != *face_) {
    face_ = std::make_shared<const Face>(std::move(face));
    changed = true;
  }
  auto made = split(rows, names);
  decltype(sections_) next;
  for (auto& [id, section] : made) {
    const auto old = sections_.find(id);
    const bool same = old != sections_.end() && *old->second == section;
    next[id] = same ? old->second : std::make_shared<const wire::Section>(std::move(section));
    changed = changed || !same;
  }
  changed = changed || next.size() != sections_.size();
  sections_ = std::move(next);
  version_ += changed ? 1 : 0;
  return changed;
}

View LocalRows::view(const std::vector<core::NetworkId>& networks) const {
  View view{face_, {}};
  for (const auto& [id, section] : sections_) {
    if (std::find(networks.begin(), networks.end(), id) != networks.end() &&
        view.sections.size() < kMaxViewNetworks) {
      view.sections.push_back(section);
    }
  }
  return view;
}

wire::Update snapshot_of(const View& view) {
  wire::Update update;
  update.name = view.face->name;
  update.addresses = view.face->addresses;
  for (const auto& section : view.sections) {
    update.sections.push_back(*section);
  }
  return update;
}

wire::Update delta_of(const View& from, const View& to) {
  wire::Update update;
  update.snapshot = false;
  update.name = to.face->name;
  update.addresses = to.face->addresses;
  const auto by_network = [](const auto& a, const auto& b) { return a->network < b->network; };
  const auto add = [&](const wire::Section& a, const wire::Section& b) {
    update.sections.push_back(delta_of(a, b));
  };
  walk(
      from.sections, to.sections, by_network,
      [&](const auto& gone) { add(*gone, wire::Section{gone->network, {}, {}, {}, {}}); },
      [&](const auto& come) { update.sections.push_back(*come); },
      [&](const auto& a, const auto& b) {
        if (a != b) {
          add(*a, *b);
        }
      });
  return update;
}

}  // namespace runard::mesh
