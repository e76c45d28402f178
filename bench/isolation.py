#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a domain gets while its neighbour does its worst: share of the processor and lateness of timers.

Time is counted instructions (one a nanosecond), so the figures are the same on every machine.  Two
domains that both want the processor have half of it each; how late a sleeper wakes is the scheduler's
business and no neighbour's.
"""

import argparse
import csv
import sys

from qemu import ended_well, measure, show

NEIGHBOURS = {
    "nobody": "alone",
    "hog": "computes",
    "events": "sends events to it without pause",
    "tables": "changes page tables without pause",
    "pinner": "pins and unpins half a gigabyte",
}
COLUMNS = ["share", "p50", "p99", "worst"]


def run(args, neighbour, width):
    """The victim is domain 1, its neighbour domain 2; there is no domain 0."""
    image = f"{args.images}/isolation-{width}"
    modules = f"{image} domu mem=16M victim"
    if neighbour != "nobody":
        modules += f",{image} domu mem=16M {neighbour}"
    return measure(args.hypervisor, f"loglvl=error {args.append}".strip(), modules)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hypervisor", default="build/ringmaster")
    parser.add_argument("--images", default="build/bench")
    parser.add_argument("--append", default="", help="hypervisor options, e.g. sched=credit")
    parser.add_argument("--widths", default="64", help="of both domains, e.g. 32,64")
    parser.add_argument("--neighbours", default=",".join(NEIGHBOURS))
    parser.add_argument("--out", help="write the table as CSV, too")
    args = parser.parse_args()

    table, bad = [], 0
    print(f"{'the neighbour':40} {'width':>5} {'share %':>8} {'late, us: p50':>14} {'p99':>9} "
          f"{'worst':>9}")
    for neighbour in args.neighbours.split(","):
        for width in args.widths.split(","):
            row, output = run(args, neighbour, width)
            if not ended_well(output) or len(row) != len(COLUMNS):
                bad += 1
                print("\n".join(output[-20:]), file=sys.stderr)
                print(f"bench: {neighbour} at {width} bits did not end well", file=sys.stderr)
            cells = [row.get(c) for c in COLUMNS]
            table.append([neighbour, width] + cells)
            print(f"{NEIGHBOURS[neighbour]:40} {width:>5} {show(cells[0]):>8} "
                  f"{show(cells[1]):>14} {show(cells[2]):>9} {show(cells[3]):>9}", flush=True)
    if args.out:
        with open(args.out, "w", encoding="ascii", newline="") as f:
            writer = csv.writer(f)
            writer.writerow(["neighbour", "width"] + COLUMNS)
            writer.writerows(table)
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
