#include "crypto/process.h"

#include <openssl/crypto.h>
#include <sys/prctl.h>
#include <sys/resource.h>

namespace runard::crypto {
namespace {

// OpenSSL takes Argon2's 64 MiB from here too; pages cost nothing before they are used.
constexpr std::size_t kSecureHeap = 128 * 1024 * 1024;
// The heap keeps two bits of books for each block that might be, all of them written at the start.
constexpr std::size_t kSmallestBlock = 512;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kTraceable = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool kTraceable = true;
#else
constexpr bool kTraceable = false;
#endif
#else
constexpr bool kTraceable = false;
#endif

}  // namespace

bool harden_process() {
  rlimit locked{};
  if (getrlimit(RLIMIT_MEMLOCK, &locked) == 0) {
    locked.rlim_cur = locked.rlim_max;
    setrlimit(RLIMIT_MEMLOCK, &locked);
  }
  constexpr int kWhole = 1;  // 2: made, but something of its protection was refused
  const bool whole = CRYPTO_secure_malloc_init(kSecureHeap, kSmallestBlock) == kWhole;
  constexpr rlimit kNone{0, 0};
  setrlimit(RLIMIT_CORE, &kNone);
  if (!kTraceable) {
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  }
  return whole;
}

}  // namespace runard::crypto
