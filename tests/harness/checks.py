"""A tiny runner: every function named test_* of a module, each in a fresh folder; the plain closing line at the end.
Ends in 77, which ctest shows as skipped, when there was nothing but tests that this machine can't do."""
import sys, time, traceback

from daemons import Folder


class Skipped(Exception):
    """What a test needs and this machine does not have."""


def run(module):
    tests = [(name, f) for name, f in sorted(vars(module).items()) if name.startswith("test_")]
    wanted = sys.argv[2:]
    tests = [t for t in tests if not wanted or any(w in t[0] for w in wanted)]
    failed = skipped = 0
    for name, test in tests:
        began = time.monotonic()
        with Folder() as folder:
            daemons = []
            try:
                test(folder, daemons.append)
                print(f"ok      {name}  {time.monotonic() - began:.1f} s", flush=True)
            except Skipped as needs:
                skipped += 1
                print(f"skipped {name}: {needs}", flush=True)
            except Exception:
                failed += 1
                print(f"FAILED  {name}\n{traceback.format_exc()}", flush=True)
                for daemon in daemons:
                    print(f"--- log of {daemon.name}\n{daemon.log_tail(25)}", flush=True)
            finally:
                for daemon in daemons:
                    if daemon.process is not None:
                        daemon.process.kill()
                        daemon.process.wait()
    passed = len(tests) - failed - skipped
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0 if passed else 77
