// Enrolment: one attempt of `node enroll`: dials the issuers of a token, proves it, and gives the
// bundle.
//
// Waits for the network. Errors: those of enroll::Applicant and transport::GuestClient,
// kAddressUnusable, kFingerprintMismatch.
#pragma once

#include <functional>
#include <string>

#include "core/clock.h"
#include "core/random.h"
#include "enroll/token.h"
#include "identity/bundle.h"

namespace runard::ctl {

struct EnrolmentWorld {
  const core::Clock& clock;
  core::Random& random;
  // Told once, when an operator has to approve.
  std::function<void(core::Duration patience)> on_pending;
};

// `request` as `node csr` writes it. The bundle is for the request's key and has the token's root.
core::Result<identity::Bundle> enrol(const EnrolmentWorld& world, const enroll::Token& token,
                                     const std::string& request);

}  // namespace runard::ctl
