#include "mesh/shown.h"

#include <algorithm>

namespace runard::mesh {

View Shown::of(View view, const May& may) {
  for (SectionPtr& section : view.sections) {
    Kept& kept = kept_[section->network];
    if (kept.whole != section) {
      wire::Section part = *section;
      std::erase_if(part.services, [&](const wire::ServiceEntry& service) {
        return !may(section->network, service);
      });
      const bool whole = part.services.size() == section->services.size();
      const bool same = !whole && kept.shown && *kept.shown == part;
      if (!same) {
        kept.shown = whole ? section : std::make_shared<const wire::Section>(std::move(part));
      }
      kept.whole = section;
    }
    section = kept.shown;
  }
  return view;
}

void Shown::clear() {
  for (auto& [network, kept] : kept_) {
    kept.whole.reset();
  }
}

}  // namespace runard::mesh
