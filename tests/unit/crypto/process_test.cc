#include "crypto/process.h"

#include <openssl/crypto.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>

#include "crypto/secret_bytes.h"

using namespace runard;

namespace {

// With AddressSanitizer a process may be traced: LeakSanitizer does so.
bool traceable_by_design() {
#if defined(__SANITIZE_ADDRESS__)
  return true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
  return true;
#endif
#endif
  return false;
}

}  // namespace

TEST_CASE("a hardened process has a secure heap for secrets and dumps no core") {
  const pid_t child = fork();  // what it does can't be undone
  REQUIRE(child >= 0);
  if (child == 0) {
    (void)crypto::harden_process();
    rlimit core{1, 1};
    getrlimit(RLIMIT_CORE, &core);
    crypto::SecretBytes secret(32);
    const bool kept = CRYPTO_secure_allocated(secret.bytes().data()) == 1;
    const bool closed = traceable_by_design() || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
    _exit(core.rlim_cur == 0 && core.rlim_max == 0 && kept && closed ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
