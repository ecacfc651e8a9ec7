#include "identity/old_root.h"

#include <algorithm>
#include <tuple>

#include "identity/time_text.h"

namespace runard::identity {
namespace {

struct Certificates {
  OldHolder old;
  bool has_old = false;
  bool proven = false;  // one of the new root is in use
};

bool in_use(const IssueRecord& record, const ShownCertificates& shown) {
  const auto seen = shown.find(record.node);
  return record.renewal || (seen != shown.end() && seen->second == record.not_after);
}

}  // namespace

std::vector<OldHolder> old_holders(const RotatedLog& log, const ShownCertificates& shown,
                                   const Denylist& denied, core::WallTime now) {
  const std::string today = time_text(now);
  std::map<core::NodeId, Certificates> nodes;
  for (std::size_t i = 0; i < log.records.size(); ++i) {
    const IssueRecord& record = log.records[i];
    const bool may_go_on = log.partial && i < log.by_old;
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
      known.proven = known.proven || in_use(record, shown);
    }
  }
  std::vector<OldHolder> holders;
  for (auto& [node, known] : nodes) {
    if (known.has_old && !known.proven) {
      holders.push_back(std::move(known.old));
    }
  }
  std::ranges::sort(holders, {},
                    [](const OldHolder& holder) { return std::tie(holder.name, holder.node); });
  return holders;
}

}  // namespace runard::identity
