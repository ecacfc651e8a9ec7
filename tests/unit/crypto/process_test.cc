#include "crypto/process.h"

#include <openssl/crypto.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>

#include "crypto/secret_bytes.h"

using namespace runard;

TEST_CASE("a hardened process has a secure heap for secrets and dumps no core") {
  const pid_t child = fork();  // what it does can't be undone
  REQUIRE(child >= 0);
  if (child == 0) {
    (void)crypto::harden_process();
    rlimit core{1, 1};
    getrlimit(RLIMIT_CORE, &core);
    crypto::SecretBytes secret(32);
    const bool kept = CRYPTO_secure_allocated(secret.bytes().data()) == 1;
    _exit(core.rlim_cur == 0 && core.rlim_max == 0 && kept ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
