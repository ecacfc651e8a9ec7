// TypeTable: the declared types of this node that have private fields, by id.
//
// A type stays until the daemon ends, because payloads that name its id may be kept anywhere. At
// most kMaxTypes. Threads: any; reading takes no lock.
#pragma once

#include <atomic>
#include <mutex>
#include <unordered_map>

#include "core/result.h"
#include "routing/snapshot.h"
#include "sealing/label_map.h"
#include "sealing/type.h"

namespace runard::sealing {

class TypeTable {
 public:
  // Reads the schema. A type with nothing private in it is not kept. Errors: kTypeRefused, also for
  // a label that `labels` does not have, and for too many types; nothing has changed then.
  core::Result<void> declare(std::uint64_t id, std::string_view name, std::string_view schema,
                             const LabelMap& labels);
  // Null: nothing private in it. Valid as long as the table.
  const Type* find(std::uint64_t id) const {
    if (!any_.load(std::memory_order_relaxed)) {
      return nullptr;
    }
    const auto types = types_.read();
    const auto at = types->find(id);
    return at == types->end() ? nullptr : at->second.get();
  }
  std::vector<std::shared_ptr<const Type>> all() const;

 private:
  using Types = std::unordered_map<std::uint64_t, std::shared_ptr<const Type>>;
  std::atomic<bool> any_{false};
  std::mutex mutex_;  // one declare() at a time
  routing::Snapshot<Types> types_{std::make_shared<const Types>()};
};

}  // namespace runard::sealing
