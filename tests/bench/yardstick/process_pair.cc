#include "process_pair.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <new>

#include "udp.h"

namespace yardstick {
namespace {

// The first or the last CPU that this process may use.
void pin(bool last, const cpu_set_t& allowed) {
  int chosen = -1;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed) && (chosen < 0 || last)) {
      chosen = cpu;
    }
  }
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(chosen, &one);
  if (sched_setaffinity(0, sizeof one, &one) != 0) {
    die("sched_setaffinity");
  }
}

double seconds_of(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace

ProcessPair::ProcessPair(const std::function<void(Shared&)>& server) {
  void* memory =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  static cpu_set_t allowed;  // as it was before the first pin
  static const bool known = sched_getaffinity(0, sizeof allowed, &allowed) == 0;
  if (memory == MAP_FAILED || !known) {
    die("process pair");
  }
  shared_ = new (memory) Shared{};
  server_ = fork();
  if (server_ < 0) {
    die("fork");
  }
  if (server_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pin(false, allowed);
    server(*shared_);
    _exit(0);
  }
  pin(true, allowed);
}

ProcessPair::~ProcessPair() {
  kill(server_, SIGKILL);
  waitpid(server_, nullptr, 0);
  munmap(shared_, sizeof(Shared));
}

double ProcessPair::cpu_seconds() const {
  clockid_t server = 0;
  clock_getcpuclockid(server_, &server);
  return seconds_of(CLOCK_PROCESS_CPUTIME_ID) + seconds_of(server);
}

}  // namespace yardstick
