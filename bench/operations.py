#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run bench/operations on a hypervisor and print its figures beside real Xen's.

One executed instruction is one tick of the guest's clock (QEMU -icount shift=0,sleep=off), so the
figures are the same on every run and machine.  The aim is 0.7 of real Xen's; rows above are marked.
"""

import argparse
import csv
import os
import sys

from qemu import ended_well, measure, ratio, show

HERE = os.path.dirname(os.path.abspath(__file__))
AIM = 0.7
REAL_XEN = "console=com1 com1=115200,8n1 noreboot"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hypervisor", default="build/ringmaster")
    parser.add_argument("--images", default="build/bench", help="folder of operations-32 and -64")
    parser.add_argument("--append", default=None, help="the hypervisor's command line")
    parser.add_argument("--widths", default="32,64")
    parser.add_argument("--out", help="write the table as CSV, too")
    args = parser.parse_args()
    append = REAL_XEN if args.append is None else args.append

    measured = {}
    for width in args.widths.split(","):
        image = os.path.join(args.images, f"operations-{width}")
        measured[width], output = measure(args.hypervisor, append, image)
        if not ended_well(output):
            print("\n".join(output[-20:]), file=sys.stderr)
            print(f"bench: the {width}-bit run did not end well", file=sys.stderr)

    with open(os.path.join(HERE, "xen-4.17.csv"), encoding="ascii") as f:
        baseline = list(csv.DictReader(f))
    table, ratios = [], []
    print(f"{'instructions':58} {'Xen32':>9} {'ours':>9} {'ratio':>6}  "
          f"{'Xen64':>9} {'ours':>9} {'ratio':>6}")
    for row in baseline:
        cells = []
        for width in ("32", "64"):
            theirs = float(row["xen" + width]) if row["xen" + width] else None
            ours = measured.get(width, {}).get(row["name"])
            r = ratio(ours, theirs)
            if r is not None:
                ratios.append(r)
            mark = " " if r is None or r <= AIM else "*"
            cells += [f"{show(theirs):>9} {show(ours):>9} {show(r, 2):>6}{mark}"]
            table.append([row["name"], width, theirs, ours, r])
        print(f"{row['what'].replace('`', ''):58} {cells[0]} {cells[1]}")
    if ratios:
        above = sum(r > AIM for r in ratios)
        print(f"\n{len(ratios)} figures, {sum(ratios) / len(ratios):.2f} of real Xen's on average; "
              f"{above} above {AIM} (marked *)")
        print("Part of real Xen's figures and left out of ours: its speculation defences, 54\n"
              "instructions of each entry from a guest (branch predictor and buffer flushes,\n"
              "retpolines, guest/hypervisor table split). No check of the ABI is left out.")
    if args.out:
        with open(args.out, "w", encoding="ascii", newline="") as f:
            writer = csv.writer(f)
            writer.writerow(["name", "width", "xen", "ours", "ratio"])
            writer.writerows(table)


if __name__ == "__main__":
    main()
