#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run bench/domains: what many domains cost, and how they share the processor.

Counted in instructions (QEMU -icount shift=0,sleep=off), so equal on every machine.  Writes a CSV file and two
plots (SVG).  --all takes more numbers of domains and a longer time.
"""

import argparse
import csv
import os
import sys

from plot import paired_bars, svg
from qemu import ended_well, measure

SLICES = (5, 50)  # ms that a CPU-bound domain keeps the processor beside others
WEIGHTS = {"1:1:1": (256, 256, 256), "1:2:4": (256, 512, 1024), "1:8:1": (256, 2048, 256)}
MACHINES = (512, 1024, 4096)  # MB
# Measured by the same image. A Xen that runs no 32-bit PV guests saves their M2P.
XEN_MEMORY = {"32": {512: 11.4, 1024: 15.4, 4096: 49.4}, "64": {512: 9.5, 1024: 13.5, 4096: 43.5}}
PAPER = {128: 0.925}  # SOSP 2003, section 4.4: 128 CPU-bound domains at 5 ms lose 7.5 %


def run(args, words, options="", memory=1024):
    image = os.path.join(args.images, f"domains-{args.width}")
    append = f"console=com1 com1=115200,8n1 noreboot dom0_mem=64M {options}"
    rows, output = measure(args.hypervisor, append, f"{image} {words},{image}", memory=memory)
    if not ended_well(output):
        print("\n".join(output[-12:]), file=sys.stderr)
        sys.exit(f"bench: {words} did not end well")
    return rows


def costs(args, table):
    print("between two domains, instructions")
    for name, value in run(args, "costs").items():
        print(f"  {name:24} {value:12.1f}")
        table.append(["costs", name, "", value])


def memory(args, table):
    """What the machine has, less what is free and what domain 0 has: the hypervisor's, and the first MiB."""
    print("memory that the hypervisor takes, MiB")
    for megabytes in MACHINES:
        rows = run(args, "memory", memory=megabytes)
        taken = megabytes - (rows["free-kB"] + rows["own-kB"]) / 1024
        theirs = XEN_MEMORY[args.width][megabytes]
        print(f"  of {megabytes:5} {taken:10.1f}   (real Xen 4.17 that runs such guests: {theirs})")
        table.append(["memory", f"machine of {megabytes} MB", "MiB", taken])


def idle(args, table):
    print("turns of a loop in domain 0 beside domains that sleep")
    alone = None
    for n in (0, 10, 100):
        turns = run(args, f"idle={n}")["turns-beside-idle"]
        alone = alone or turns
        print(f"  {n:4} domains {turns / alone:10.4f} of its speed alone")
        table.append(["idle", f"{n} domains", "", turns / alone])


def spin(args, table):
    """Sum of the turns of n domains that count, relative to one alone."""
    counts = (1, 2, 4, 8, 16, 32, 64, 128) if args.all else (1, 16)
    time = 1000 if args.all else 400
    curves = {}
    for ms in SLICES:
        print(f"throughput of CPU-bound domains at slices of {ms} ms, relative to one alone")
        options = f"sched_bvt_allowance_us={ms * 1000} sched_ratelimit_us={ms * 1000}"
        points = []
        for n in counts:
            rows = run(args, f"spin={n} time={time}", options)
            turns = rows["turns-of-all"] / rows["time"]
            points.append((n, turns / (points[0][2] if points else turns), turns))
            paper = f"   (the paper: {PAPER[n]})" if ms == 5 and n in PAPER else ""
            print(f"  {n:4} domains {points[-1][1]:10.4f}{paper}")
            table.append(["spin", f"{n} domains", f"{ms} ms", points[-1][1]])
        curves[f"{ms} ms"] = [(n, share) for n, share, _ in points]
    return curves


def shares(args, table):
    bars, time = [], 3000 if args.all else 600
    for policy in ("bvt", "credit"):
        print(f"shares against weights, sched={policy}")
        for name, weights in WEIGHTS.items():
            rows = run(args, f"weights={':'.join(map(str, weights))} time={time}", f"sched={policy}")
            got = [rows[f"share-{i}"] for i in range(len(weights))]
            due = [w / sum(weights) for w in weights]
            real = [g / sum(got) for g in got]
            print(f"  {name:6} due " + " ".join(f"{d:.3f}" for d in due)
                  + "  got " + " ".join(f"{r:.3f}" for r in real))
            for i, (d, r) in enumerate(zip(due, real)):
                table.append(["shares", f"{policy} {name} domain {i}", f"{d:.4f}", r])
                bars.append((f"{policy} {name}", d, r))
    return bars


# ---- plots

def plot_curves(path, curves):
    xs = sorted({n for points in curves.values() for n, _ in points})
    column = {n: 70 + i * 520 // max(1, len(xs) - 1) for i, n in enumerate(xs)}
    low = 0.8

    def row(share):
        return 350 - (max(share, low) - low) / (1.02 - low) * 300

    body = [f'<line x1="70" x2="590" y1="{row(v):.0f}" y2="{row(v):.0f}" stroke="#ccc"/>'
            f'<text x="60" y="{row(v) + 4:.0f}" text-anchor="end">{v:.2f}</text>'
            for v in (0.8, 0.85, 0.9, 0.95, 1.0)]
    body += [f'<text x="{column[n]}" y="370" text-anchor="middle">{n}</text>' for n in xs]
    body.append('<text x="330" y="392" text-anchor="middle">CPU-bound domains</text>')
    for i, (name, points) in enumerate(curves.items()):
        colour = ("#b22", "#22b")[i]
        path_points = " ".join(f"{column[n]},{row(s):.1f}" for n, s in points)
        body.append(f'<polyline points="{path_points}" fill="none" stroke="{colour}" stroke-width="2"/>'
                    f'<text x="90" y="{330 - 18 * i}" fill="{colour}">slices of {name}</text>')
    svg(path, "Throughput of many domains, relative to one", body)


def plot_shares(path, bars):
    paired_bars(path, "Shares of three domains", bars, "light: due by weight, dark: measured", names_every=3)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hypervisor", default="build/ringmaster")
    parser.add_argument("--images", default="build/bench")
    parser.add_argument("--width", default="32", choices=("32", "64"))
    parser.add_argument("--all", action="store_true", help="more domains, more time")
    parser.add_argument("--out", default="build/bench", help="folder for domains.csv and the plots")
    args = parser.parse_args()
    table = []
    costs(args, table)
    memory(args, table)
    idle(args, table)
    curves = spin(args, table)
    bars = shares(args, table)
    with open(os.path.join(args.out, "domains.csv"), "w", encoding="ascii", newline="") as f:
        writer = csv.writer(f)
        writer.writerow(["what", "case", "parameter", "value"])
        writer.writerows([a, b, c, f"{d:.4f}"] for a, b, c, d in table)
    plot_curves(os.path.join(args.out, "domains-throughput.svg"), curves)
    plot_shares(os.path.join(args.out, "domains-shares.svg"), bars)
    return 0


if __name__ == "__main__":
    sys.exit(main())
