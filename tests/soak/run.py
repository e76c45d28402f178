#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The long figures: each job is one short run again and again, with a seed of its own each time.

    hostile   10^8 random hypercalls of two domains on two processors, 10^5 a run
    race      10^6 rounds of mapping writable against pinning against granting one frame, on four processors
    destroy   domains created and destroyed, 200 a run
    many      256 domains at once
    volume    1 GB written and read through a guest's disk, 1 GB through its network each way, every byte judged
    restarts  a disk's and a card's backend restarted, some 1000 times each, below a guest that writes 256 MB and
              sends 512 MB
    half-made 200 creates killed at random moments
    watchers  20 times five watchers of xl killed while their domain is born again and again
    kills     100 guests destroyed in the middle of disk and network load, 10 a run
    foes      pairs of hostile guests with a disk and a network, 20 a run, each with a seed of its own
    crowd     64 idle and 16 busy guests of 8 MB in 2 GB
    creates   one guest 200 times: memory, ports, grants and nodes of the store afterwards as before
    types     random operations on frames against the naive model, 10^7 a run (on the host, as those below)
    states    every state of three frames and two domains, one operation deeper each run (8 to 10)
    steps     three processors and one frame, every schedule, with one switch more each run (3 and 4)
    interplay every interleaving of maps, pins, grants and death, interrupted once more each run (1 and 2)

Jobs take turns, so that each is as far as the others.  One line a minute says how far; a failure prints
the command that repeats it and goes on.  The state file holds the next seed of each job: a run that was
stopped goes on there (--restart begins anew).  --scale 0.01 is a hundredth of everything.
"""

import argparse
import concurrent.futures
import json
import os
import shlex
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HOSTILE_CALLS = 100000
RACES = 20000


def hostile(seed, hypervisor):
    return [sys.executable, "tests/hostile/run.py", "--calls", str(HOSTILE_CALLS), "--seed", str(seed),
            "--timeout", "900", "--hypervisor", hypervisor]


def pv(test, options):
    """One pv test with other options, at the widths in turn."""
    return lambda seed, hypervisor: [
        sys.executable, "tests/run.py", "--jobs", "1", "--timeout", "900", "--with", options,
        f"{test}-{32 if seed % 2 else 64}", "--hypervisor", hypervisor]


def volume(*words):
    return lambda seed, hypervisor: ["tests/system/volume", "--seed", str(seed), *words]


def guests(job, *options):
    """Many guests of one domain 0 (tests/system/crowd)."""
    return lambda seed, hypervisor: ["env", f"HYPERVISOR={hypervisor}", "tests/system/crowd", job, "--seed", str(seed),
                                     *options]


def host(program, *settings):
    """A model on the host; a setting is a variable of the environment, its value without a seed, and with each one
    so much more."""
    return lambda seed, hypervisor: [
        "env", *(f"{name}={first + seed * step}" for name, first, step in settings),
        os.path.join(os.path.dirname(hypervisor), "unit", program)]


# Name: runs of the full figure, and the command of one (by its seed, and the hypervisor).
JOBS = {
    "hostile": (10**8 // HOSTILE_CALLS, hostile),
    "race": (10**6 // RACES, pv("race", f"smp=4 vcpus=4 args=rounds={RACES}")),
    "destroy": (4, pv("destroy", "smp=2 guest=same args=times=200")),
    "many": (4, pv("crowd", "mem=2048 smp=2 guest=same args=domains=256")),
    "volume": (1, volume("--megabytes", "1024", "--net", "1024", "device", "guest-to-guest", "guest-to-host")),
    "restarts": (1, volume("--megabytes", "2048", "--net", "2048", "--restarts", "1000", "restarts")),
    "half-made": (4, volume("--creates", "50", "killed-creates")),
    "watchers": (20, lambda seed, hypervisor: ["env", f"HYPERVISOR={hypervisor}", "tests/system/stack", "watcher-killed"]),
    "kills": (10, volume("--kills", "10", "kills")),
    "foes": (50, guests("foes", "--times", "20")),
    "crowd": (2, guests("crowd")),
    "creates": (2, guests("creates", "--times", "200")),
    "types": (20, host("mm/types_test", ("TYPES_OPS", 10**7, 0), ("TYPES_SEED", 0, 1))),
    "states": (3, host("mm/states_test", ("STATES_DEPTH", 7, 1))),
    "steps": (2, host("mm/steps_test", ("STEPS_SWITCHES", 2, 1))),
    "interplay": (2, host("interplay/interplay_test", ("INTERPLAY_MORE", 0, 1))),
}


def read_state(path, restart):
    state = {name: 1 for name in JOBS} | {"passed": 0, "failed": 0}
    if not restart and os.path.exists(path):
        with open(path, encoding="ascii") as f:
            state.update(json.load(f))
    return state


def write_state(path, state):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".new", "w", encoding="ascii") as f:
        json.dump(state, f)
    os.replace(path + ".new", path)


def one_run(hypervisor, name, seed):
    """(name, seed, passed or not, command, output)."""
    command = JOBS[name][1](seed, os.path.abspath(hypervisor))
    done = subprocess.run(command, cwd=TOP, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          env={k: v for k, v in os.environ.items() if k != "COUNTS"})
    return name, seed, done.returncode == 0, command, done.stdout.decode(errors="replace")


def schedule(jobs, state, scale):
    """All the runs that are left, the job that is least far first."""
    ends = {name: max(1, round(JOBS[name][0] * scale)) for name in jobs}
    left = dict(state)
    while any(left[name] <= ends[name] for name in jobs):
        name = min((n for n in jobs if left[n] <= ends[n]), key=lambda n: left[n] / ends[n])
        yield name, left[name]
        left[name] += 1


def progress(state, jobs, scale):
    parts = (f"{name} {state[name] - 1}/{max(1, round(JOBS[name][0] * scale))}" for name in jobs)
    return f"soak: {time.strftime('%H:%M')} {', '.join(parts)}; {state['failed']} runs failed"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jobs", nargs="*", default=list(JOBS), help=", ".join(JOBS))
    parser.add_argument("--hypervisor", default="build/ringmaster")
    parser.add_argument("--scale", type=float, default=1.0, help="a fraction of the full figures")
    parser.add_argument("--workers", type=int, default=1, help="runs at a time")
    parser.add_argument("--state", default="build/soak.state")
    parser.add_argument("--restart", action="store_true")
    args = parser.parse_args()

    state = read_state(args.state, args.restart)
    print(progress(state, args.jobs, args.scale), flush=True)
    said = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(args.workers) as pool:
        runs = schedule(args.jobs, state, args.scale)
        going = {}
        while True:
            while len(going) < args.workers and (run := next(runs, None)):
                going[pool.submit(one_run, args.hypervisor, *run)] = run
            if not going:
                break
            done, _ = concurrent.futures.wait(going, timeout=5,
                                              return_when=concurrent.futures.FIRST_COMPLETED)
            for future in done:
                del going[future]
                name, seed, good, command, text = future.result()
                state["passed" if good else "failed"] += 1
                state[name] = max(state[name], seed + 1)
                write_state(args.state, state)
                if not good:
                    print(f"soak: failed: {shlex.join(command)}\n{text}", flush=True)
            if time.monotonic() - said >= 60:
                said = time.monotonic()
                print(progress(state, args.jobs, args.scale), flush=True)
    print(progress(state, args.jobs, args.scale))
    print(f"{state['passed']} passed, {state['failed']} failed")
    return state["failed"] != 0


if __name__ == "__main__":
    sys.exit(main())
