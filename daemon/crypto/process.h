// Keeps the memory of a process that holds keys to itself.
#pragma once

namespace runard::crypto {

// Call first thing in main, before any thread and any key. Makes OpenSSL's secure heap (128 MiB,
// locked against swapping as far as RLIMIT_MEMLOCK allows; SecretBytes live there), allows no core
// dumps, and lets no other process of this user read or trace this one. Best effort: what the
// system does not grant is left as it is.
//
// Under AddressSanitizer the process stays traceable, as its leak checker needs.
void harden_process();

}  // namespace runard::crypto
