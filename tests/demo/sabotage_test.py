"""Each step of the demo notices when what it needs is spoiled. Usage: sabotage_test.py [STEP...]"""
import pathlib, subprocess, sys

RUN = pathlib.Path(__file__).with_name("run")


def steps():
    listed = subprocess.run([sys.executable, RUN, "--list"], capture_output=True, text=True, check=True).stdout
    return [line.split()[0] for line in listed.splitlines()]


def notices(step):
    done = subprocess.run([sys.executable, RUN, "--sabotage", step], capture_output=True, text=True, timeout=120)
    ok = done.returncode == 1 and f'FAILED in step "{step}"' in done.stderr
    print(f"{'ok      ' if ok else 'FAILED  '}{step}: {done.stderr.splitlines()[1] if ok else (done.stdout + done.stderr)[-2000:]}", flush=True)
    return ok


if __name__ == "__main__":
    sys.exit(0 if all([notices(step) for step in sys.argv[1:] or steps()]) else 1)
