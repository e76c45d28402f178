#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run two hostile guests, one of each width, on two processors beside a witness, and see that nothing
else stops.

A run passes if each guest reaches its last line or is ended alone by the hypervisor, the witness found
its memory as it wrote it, and the audit at the end finds every count right.  A failure prints the seed;
with --smp 1 that repeats it, on more processors it repeats the calls but not their order.
"""

import argparse
import os
import re
import subprocess
import sys


def command(args, seed):
    """Domain 0 is the witness, domains 1 and 2 are hostile and know of each other."""
    image = lambda name, width: os.path.join(args.images, f"{name}-{width}")
    half = args.calls // 2
    words = f"domu mem=16M vcpus=1 seed={seed} calls={half}"
    modules = [f"{image('witness', 64 if seed % 2 else 32)} domains=2",
               f"{image('hostile', 32)} {words} peer=2", f"{image('hostile', 64)} {words} peer=1"]
    cmd = ["qemu-system-x86_64", "-m", "192", "-display", "none", "-serial", "stdio",
           "-monitor", "none", "-no-reboot", "-net", "none", "-smp", str(args.smp),
           "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-kernel", args.hypervisor,
           "-append", "loglvl=info guest_loglvl=error dom0_mem=32M", "-initrd", ",".join(modules)]
    return cmd + (["-cpu", args.cpu] if args.cpu else [])


def run(args, seed):
    """None if all is well, else what went wrong; and the log."""
    try:
        done = subprocess.run(command(args, seed), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=args.timeout, check=False)
        log = done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as late:
        return "it hangs", (late.stdout or b"").decode(errors="replace")
    if re.search(r"panic|audit:.*FAILED", log, re.I):
        return "the hypervisor stopped or lost count", log
    if "audit: clean" not in log:
        return "no audit at the end", log
    failure = re.search(r"Failure: .*", log)
    if failure:
        return failure[0].strip(), log
    if not re.search(r"witness: \d+ rounds", log):
        return "the witness has not come to its end", log
    ended = log.count("hostile: done") + len(set(re.findall(r"(d[12])\b.*crashed", log)))
    if ended < 2:
        return "a guest ended without a word", log
    return None, log


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hypervisor", default="build/ringmaster")
    parser.add_argument("--images", default="build/hostile")
    parser.add_argument("--calls", type=int, default=100000, help="of both guests together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1, help="how many, from --seed on")
    parser.add_argument("--smp", type=int, default=2)
    parser.add_argument("--cpu", help="a QEMU processor model")
    parser.add_argument("--timeout", type=int, default=300)
    args = parser.parse_args()
    passed = failed = 0
    for seed in range(args.seed, args.seed + args.seeds):
        print(f"hostile seed {seed}, {args.calls} calls: ", end="", flush=True)
        wrong, log = run(args, seed)
        if wrong:
            failed += 1
            print(f"FAILED: {wrong}")
            print("\n".join(log.splitlines()[-40:]))
        else:
            passed += 1
            rounds = re.search(r"witness: (\d+) rounds", log)[1]
            done = log.count("hostile: done")
            print(f"ok, {rounds} rounds of the witness"
                  + ("" if done == 2 else f" ({2 - done} of the guests were ended)"))
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
