#include "identity/old_root.h"

#include <algorithm>
#include <tuple>

#include "identity/time_text.h"

namespace runard::identity {
namespace {

struct Certificates {
  OldHolder old;
  bool has_old = false;
  bool renewed = false;  // by itself, with the new root
  bool settled = false;  // for the first time so long ago that its links show it
  bool shown = false;

  bool needs_old() const { return has_old && !shown && !(renewed && settled); }
};

bool is_shown(const IssueRecord& record, const ShownCertificates& shown) {
  const auto seen = shown.find(record.node);
  return seen != shown.end() && seen->second == record.not_after;
}

}  // namespace

std::vector<OldHolder> old_holders(const RotatedLog& log, const ShownCertificates& shown,
                                   const Denylist& denied, core::WallTime now) {
  const std::string today = time_text(now);
  const std::string settled = time_text(now - kRelinked);
  std::map<core::NodeId, Certificates> nodes;
  for (std::size_t i = 0; i < log.records.size(); ++i) {
    const IssueRecord& record = log.records[i];
    const bool may_go_on = log.partial && i < log.by_old;
    if (i >= log.by_old && record.renewal && record.at <= settled) {
      nodes[record.node].settled = true;
    }
    if ((record.not_after <= today && !may_go_on) || denied.nodes.contains(record.node)) {
      continue;
    }
    Certificates& known = nodes[record.node];
    known.old.name = record.name;
    known.old.node = record.node;
    if (i < log.by_old) {
      known.has_old = true;
      known.old.until = std::max(known.old.until, record.not_after);
    } else {
      known.old.signed_again = true;
      known.renewed = known.renewed || record.renewal;
      known.shown = known.shown || is_shown(record, shown);
    }
  }
  std::vector<OldHolder> holders;
  for (auto& [node, known] : nodes) {
    if (known.needs_old()) {
      holders.push_back(std::move(known.old));
    }
  }
  std::ranges::sort(holders, {},
                    [](const OldHolder& holder) { return std::tie(holder.name, holder.node); });
  return holders;
}

}  // namespace runard::identity
