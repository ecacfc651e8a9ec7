#include "unit/envelope/world.h"

#include "crypto/digest.h"

namespace runard::envelope::testing {
namespace {

std::string text_of(const std::vector<Field>& fields) {
  std::string text;
  for (const Field& field : fields) {
    text += std::string(field.path) + "=" + crypto::hex(field.value) + ";";
  }
  return text;
}

}  // namespace

std::string text_of(const Opened& opened) {
  std::string text = text_of(opened.clear);
  for (const OpenedGroup& group : opened.groups) {
    text += "[";
    for (const std::string_view label : group.labels) {
      text += std::string(label) + " ";
    }
    text += "]";
    text += group.fields ? text_of(*group.fields) : "redacted;";
  }
  return text;
}

std::string text_of(const core::Result<Outcome>& outcome) {
  if (!outcome) {
    return std::string(core::info(outcome.error().code).name);
  }
  const auto* const opened = std::get_if<Opened>(&*outcome);
  return opened == nullptr ? "kek unknown" : text_of(*opened);
}

}  // namespace runard::envelope::testing
