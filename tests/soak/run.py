#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The long figures: random hypercalls and random system calls, seed after seed.

One line a minute says how far it is.  A failure prints the seed that repeats it and goes on.  The
state file holds the next seed: a run that was stopped goes on there (--restart begins anew).
"""

import argparse
import concurrent.futures
import os
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read_state(path, restart):
    if restart or not os.path.exists(path):
        return 1, 0, 0
    with open(path, encoding="ascii") as f:
        return tuple(int(word) for word in f.read().split())


def write_state(path, seed, passed, failed):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".new", "w", encoding="ascii") as f:
        f.write(f"{seed} {passed} {failed}\n")
    os.replace(path + ".new", path)


def one_seed(args, seed):
    """Both widths with one seed: (passed, failed, output of a failure)."""
    done = subprocess.run([sys.executable, os.path.join(TOP, "tests/hostile/run.py"),
                           "--hypervisor", args.hypervisor, "--images", args.images,
                           "--calls", str(args.calls), "--seed", str(seed),
                           "--timeout", "1800"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    text = done.stdout.decode(errors="replace")
    words = text.splitlines()[-1].replace(",", "").split() if text else ["0", "", "2", ""]
    return int(words[0]), int(words[2]), text if done.returncode else ""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hypervisor", default="build/ringmaster")
    parser.add_argument("--images", default="build/hostile")
    parser.add_argument("--total", type=int, default=10**7, help="hypercalls in all")
    parser.add_argument("--calls", type=int, default=100000, help="hypercalls a run")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--state", default="build/soak.state")
    parser.add_argument("--restart", action="store_true")
    args = parser.parse_args()

    seed, passed, failed = read_state(args.state, args.restart)
    last = args.total // (2 * args.calls)
    print(f"soak: seeds {seed} to {last}, {args.calls} calls at each width", flush=True)
    said = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        while seed <= last:
            batch = range(seed, min(seed + args.jobs, last + 1))
            for s, (good, bad, text) in zip(batch, pool.map(lambda n: one_seed(args, n), batch)):
                passed += good
                failed += bad
                if text:
                    print(f"soak: seed {s} failed:\n{text}", flush=True)
            seed = batch[-1] + 1
            write_state(args.state, seed, passed, failed)
            if time.monotonic() - said >= 60:
                said = time.monotonic()
                print(f"soak: {time.strftime('%H:%M')} next seed {seed}, "
                      f"{(passed + failed) * args.calls} calls, {failed} runs failed", flush=True)
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
