#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run the hostile guest as an unprivileged domain of each width, and see that nothing else stops.

Each run passes if the guest reaches its last line or is ended alone by the hypervisor, and the
audit at the end finds every count right.  A failure prints the seed that repeats it.
"""

import argparse
import os
import re
import subprocess
import sys


def run(args, width, seed):
    """None if all is well, else what went wrong; and the log."""
    image = os.path.join(args.images, f"hostile-{width}")
    command = ["qemu-system-x86_64", "-m", "128", "-display", "none", "-serial", "stdio",
               "-monitor", "none", "-no-reboot", "-net", "none",
               "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
               "-kernel", args.hypervisor, "-append", "loglvl=info guest_loglvl=error",
               "-initrd", f"{image} domu seed={seed} calls={args.calls}"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=args.timeout, check=False)
        log = done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as late:
        return "it hangs", (late.stdout or b"").decode(errors="replace")
    if re.search(r"panic|audit:.*FAILED", log, re.I):
        return "the hypervisor stopped or lost count", log
    if "audit: clean" not in log:
        return "no audit at the end", log
    if "hostile: done" not in log and not re.search(r"d\d+.*crashed", log):
        return "the guest ended without a word", log
    return None, log


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hypervisor", default="build/ringmaster")
    parser.add_argument("--images", default="build/hostile")
    parser.add_argument("--calls", type=int, default=100000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1, help="how many, from --seed on")
    parser.add_argument("--timeout", type=int, default=300)
    args = parser.parse_args()
    passed = failed = 0
    for seed in range(args.seed, args.seed + args.seeds):
        for width in (32, 64):
            print(f"hostile-{width} seed {seed}, {args.calls} calls: ", end="", flush=True)
            wrong, log = run(args, width, seed)
            if wrong:
                failed += 1
                print(f"FAILED: {wrong}")
                print("\n".join(log.splitlines()[-40:]))
            else:
                passed += 1
                print("ok" if "hostile: done" in log else "ok (the guest was ended)")
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
