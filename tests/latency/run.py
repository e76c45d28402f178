#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run the pinner as domain 0 and the ticker beside it, and show how late the ticker wakes.

The figures are this machine's and this emulator's; the test only asks that both domains end well and
that the audit is clean.  What bounds the lateness is the scheduler's slice, not the size of the tree.
"""

import argparse
import re
import subprocess
import sys


def run(args, width):
    command = ["qemu-system-x86_64", "-m", "256", "-display", "none", "-serial", "stdio",
               "-monitor", "none", "-no-reboot", "-net", "none",
               "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-kernel", args.hypervisor,
               "-append", "loglvl=info dom0_mem=64M", "-initrd",
               f"{args.images}/pinner-{width} seconds={args.seconds},"
               f"{args.images}/ticker-{width} domu mem=32M"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=120, check=False)
        return done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as late:
        return (late.stdout or b"").decode(errors="replace")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hypervisor", default="build/ringmaster")
    parser.add_argument("--images", default="build/latency")
    parser.add_argument("--seconds", type=int, default=6)
    args = parser.parse_args()
    passed = failed = 0
    for width in (32, 64):
        log = run(args, width)
        good = (len(re.findall(r"Test result: SUCCESS", log)) == 2 and "audit: clean" in log)
        passed, failed = passed + good, failed + (not good)
        for line in re.findall(r"(?:pinner|ticker): .*", log):
            print(f"latency-{width} {line.strip()}")
        if not good:
            print(f"latency-{width} FAILED\n" + "\n".join(log.splitlines()[-30:]))
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
