// Keeps the memory of a process that holds keys to itself.
#pragma once

namespace runard::crypto {

// Call first thing in main, before any thread and any key. Makes OpenSSL's secure heap (128 MiB;
// SecretBytes live there), locked against swapping if RLIMIT_MEMLOCK allows all of it, allows no
// core dumps, and lets no other process of this user read or trace this one. Best effort: what the
// system does not grant is left as it is. False: the heap is not locked (or not there).
//
// Under AddressSanitizer the process stays traceable, as its leak checker needs.
bool harden_process();

}  // namespace runard::crypto
