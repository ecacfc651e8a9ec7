// Copies of a CA for further issuers: they renew certificates, and do nothing else. There is one
// folder that lets nodes in, signs by hand, and makes statements, so these never contradict each
// other; serial numbers are random, so renewals can't.
//
//   COPY/renews-only   says what the folder is; written before anything else
//   CA/copied          says that there are copies: what they issue is not in this folder's record
#pragma once

#include <filesystem>

#include "identity/authority.h"

namespace runard::identity {

bool is_copy(const std::filesystem::path& folder);
bool has_copies(const std::filesystem::path& folder);

// Makes `to` a copy of the CA, or brings the copy that it is up to date. kConflict when something
// else is there; errors of the files. What a crash leaves is no CA, or is mended by doing it again.
core::Result<void> copy_authority(const Authority& from, const std::filesystem::path& to);

}  // namespace runard::identity
