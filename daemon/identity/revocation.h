// Revocation: the denylist as the CA's operator writes it, CA/denylist.pem. Each change is a new
// statement of the next generation, on disk before it is given out.
//
// Errors: those of the files, kNotFound for taking back without any list, kTooLarge for a full one,
// kInvalidArgument for a bad reason.
#pragma once

#include "identity/authority.h"
#include "identity/denied.h"
#include "identity/statement.h"

namespace runard::identity {

// Takes the place of an entry for the same, and of those that have ended. The statement of now if
// nothing changes.
core::Result<Statement> deny(const Authority& authority, const DeniedEntry& entry);
// The statement of now if it is not denied.
core::Result<Statement> allow_again(const Authority& authority, const DeniedEntry& target);
// Whom the newest list of the folder denies now.
core::Result<Denylist> denied_by(const Authority& authority);
// The same entries, signed by `key`: for a new root.
core::Result<std::optional<Statement>> sign_denylist_again(const Authority& authority,
                                                           const crypto::PrivateKey& key);

// The node that has the name, by the issue log, or whose id the text is. kNotFound.
core::Result<core::NodeId> find_node(const std::filesystem::path& folder, const std::string& text);

}  // namespace runard::identity
