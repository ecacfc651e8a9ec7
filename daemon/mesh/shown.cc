#include "mesh/shown.h"

namespace runard::mesh {

View Shown::of(View view, const Show& show) {
  for (SectionPtr& section : view.sections) {
    Kept& kept = kept_[section->network];
    if (kept.whole != section) {
      wire::Section part = *section;
      part.services.clear();
      for (wire::ServiceEntry service : section->services) {
        if (show(section->network, service)) {
          part.services.push_back(std::move(service));
        }
      }
      const bool whole = part == *section;
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
