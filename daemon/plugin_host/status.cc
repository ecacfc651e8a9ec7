#include "plugin_host/status.h"

#include <algorithm>
#include <iterator>

namespace runard::plugin_host {
namespace {

using core::Errc;
using core::Executed;

struct FailRow {
  runar_status status;
  const char* name;
  Errc code;
  Executed executed;
};
// The handler ran, so by default the work counts as done; kInternal leaves it open.
constexpr FailRow kFailRows[] = {
    {RUNAR_E_INVALID, "RUNAR_E_INVALID", Errc::kInvalidParams, Executed::kYes},
    {RUNAR_E_NOT_FOUND, "RUNAR_E_NOT_FOUND", Errc::kNotFound, Executed::kYes},
    {RUNAR_E_EXISTS, "RUNAR_E_EXISTS", Errc::kConflict, Executed::kYes},
    {RUNAR_E_DENIED, "RUNAR_E_DENIED", Errc::kDenied, Executed::kYes},
    {RUNAR_E_BUSY, "RUNAR_E_BUSY", Errc::kOverloaded, Executed::kNo},
    {RUNAR_E_TIMEOUT, "RUNAR_E_TIMEOUT", Errc::kDeadlineExceeded, Executed::kUnknown},
    {RUNAR_E_CANCELLED, "RUNAR_E_CANCELLED", Errc::kCancelled, Executed::kUnknown},
    {RUNAR_E_UNAVAILABLE, "RUNAR_E_UNAVAILABLE", Errc::kServiceUnavailable, Executed::kNo},
    {RUNAR_E_STOPPING, "RUNAR_E_STOPPING", Errc::kServiceStopping, Executed::kNo},
    {RUNAR_E_UNSUPPORTED, "RUNAR_E_UNSUPPORTED", Errc::kNotInThisVersion, Executed::kYes},
    {RUNAR_E_NO_MEMORY, "RUNAR_E_NO_MEMORY", Errc::kOutOfMemory, Executed::kUnknown},
    {RUNAR_E_TOO_LARGE, "RUNAR_E_TOO_LARGE", Errc::kTooLarge, Executed::kYes},
    {RUNAR_E_INTERNAL, "RUNAR_E_INTERNAL", Errc::kHandlerFailed, Executed::kUnknown},
    {RUNAR_E_STALE, "RUNAR_E_STALE", Errc::kHandlerFailed, Executed::kUnknown},
    {RUNAR_E_TOO_NEW, "RUNAR_E_TOO_NEW", Errc::kHandlerFailed, Executed::kUnknown},
};

const FailRow* find_row(runar_status status) {
  const auto* row = std::find_if(std::begin(kFailRows), std::end(kFailRows),
                                 [status](const FailRow& r) { return r.status == status; });
  return row == std::end(kFailRows) ? nullptr : row;
}

}  // namespace

runar_status status_of(Errc code) {
  if (code == Errc::kServiceStopping) {
    return RUNAR_E_STOPPING;
  }
  if (code == Errc::kNotInThisVersion) {
    return RUNAR_E_UNSUPPORTED;
  }
  if (code == Errc::kOutOfMemory) {
    return RUNAR_E_NO_MEMORY;
  }
  constexpr runar_status kByKind[] = {RUNAR_E_NOT_FOUND,   RUNAR_E_UNAVAILABLE, RUNAR_E_INVALID,
                                      RUNAR_E_DENIED,      RUNAR_E_TIMEOUT,     RUNAR_E_CANCELLED,
                                      RUNAR_E_UNAVAILABLE, RUNAR_E_BUSY,        RUNAR_E_TOO_LARGE,
                                      RUNAR_E_EXISTS,      RUNAR_E_INTERNAL,    RUNAR_E_APP};
  return kByKind[static_cast<std::size_t>(core::info(code).kind)];
}

runar_status status_of(const rpc::Reply& reply) {
  if (reply.ok()) {
    return RUNAR_OK;
  }
  if (reply.code == Errc::kApplication) {
    return std::min<runar_status>(reply.app_code, RUNAR_E_APP);
  }
  return status_of(reply.code);
}

rpc::Reply failure_of(runar_status status, std::string_view message) {
  rpc::Reply reply;
  reply.message = message;
  const FailRow* const row = find_row(status);
  if (status <= RUNAR_E_APP) {
    reply.code = Errc::kApplication;
    reply.app_code = status;
    reply.executed = Executed::kYes;
  } else {
    reply.code = row == nullptr ? Errc::kHandlerFailed : row->code;
    reply.executed = row == nullptr ? Executed::kUnknown : row->executed;
  }
  return reply;
}

std::string status_text(runar_status status) {
  const FailRow* const row = find_row(status);
  return row == nullptr ? std::to_string(status) : row->name;
}

}  // namespace runard::plugin_host
