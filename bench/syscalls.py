#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run bench/syscalls on Ringlet and print its figures beside those of Linux 6.1.

Linux's are for the same emulator: native, and as a 64-bit paravirtualized guest of real Xen.  One
executed instruction is one tick of the clock, so the figures are equal on every run and machine.
"""

import argparse
import csv
import os
import sys

from qemu import ended_well, measure, ratio, show

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hypervisor", default="build/ringmaster")
    parser.add_argument("--kernel", default="build/ringlet")
    parser.add_argument("--ramdisk", default="build/bench/bench.cpio")
    parser.add_argument("--append", default="loglvl=error")
    parser.add_argument("--out", help="write the table as CSV, too")
    args = parser.parse_args()

    measured, output = measure(args.hypervisor, args.append,
                               f"{args.kernel} init=/bench/syscalls,{args.ramdisk}")
    if not ended_well(output):
        print("\n".join(output[-20:]), file=sys.stderr)
        print("bench: the run did not end well", file=sys.stderr)
    with open(os.path.join(HERE, "linux-6.1.csv"), encoding="ascii") as f:
        baseline = list(csv.DictReader(f))
    table = []
    print(f"\n{'instructions':44} {'Linux':>10} {'Linux PV':>10} {'Ringlet':>10} {'of PV':>6}")
    for row in baseline:
        native = float(row["native"]) if row["native"] else None
        pv = float(row["pv"]) if row["pv"] else None
        ours = measured.get(row["name"])
        r = ratio(ours, pv)
        print(f"{row['what']:44} {show(native, 0):>10} {show(pv, 0):>10} {show(ours, 0):>10} "
              f"{show(r, 2):>6}")
        table.append([row["name"], native, pv, ours, r])
    if args.out:
        with open(args.out, "w", encoding="ascii", newline="") as f:
            writer = csv.writer(f)
            writer.writerow(["name", "linux-native", "linux-pv", "ringlet", "ratio-to-pv"])
            writer.writerows(table)


if __name__ == "__main__":
    sys.exit(main())
