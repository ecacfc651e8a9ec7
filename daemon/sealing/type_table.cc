#include "sealing/type_table.h"

#include <algorithm>

#include "sealing/limits.h"
#include "sealing/schema.h"

namespace runard::sealing {

core::Result<void> TypeTable::declare(std::uint64_t id, std::string_view name,
                                      std::string_view schema, const LabelMap& labels) {
  if (find(id) != nullptr) {
    return {};
  }
  auto type = read_schema(id, name, schema);
  if (!type) {
    return type.error();
  }
  if (type->label_sets.empty()) {
    return {};
  }
  for (const LabelSet& set : type->label_sets) {
    for (const std::string& label : set) {
      if (labels.find(label) == nullptr) {
        return core::fail(
            core::Errc::kTypeRefused,
            std::string(name) + ": the label \"" + label + "\" is not in encryption.labels",
            core::Executed::kNo);
      }
    }
  }
  const std::lock_guard lock(mutex_);
  auto types = std::make_shared<Types>(*types_.keep());
  if (types->size() >= kMaxTypes) {
    return core::fail(core::Errc::kTypeRefused,
                      std::string(name) + ": there are too many types with private fields",
                      core::Executed::kNo);
  }
  types->emplace(id, std::make_shared<const Type>(std::move(*type)));
  types_.publish(std::move(types));
  any_.store(true, std::memory_order_relaxed);
  return {};
}

std::vector<std::shared_ptr<const Type>> TypeTable::all() const {
  std::vector<std::shared_ptr<const Type>> all;
  const auto types = types_.read();
  for (const auto& [id, type] : *types) {
    all.push_back(type);
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a->name < b->name; });
  return all;
}

}  // namespace runard::sealing
