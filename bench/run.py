#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run bench/operations on a hypervisor and print its figures beside real Xen's.

One executed instruction is one tick of the guest's clock (QEMU -icount shift=0,sleep=off), so the
figures are the same on every run and machine.  The aim is 0.7 of real Xen's; rows above are marked.
"""

import argparse
import csv
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
AIM = 0.7
REAL_XEN = "console=com1 com1=115200,8n1 noreboot"


def measure(hypervisor, image, append):
    """The rows that one image prints, name -> instructions; and its whole output."""
    command = ["qemu-system-x86_64", "-m", "256", "-display", "none", "-serial", "stdio",
               "-no-reboot", "-icount", "shift=0,sleep=off", "-net", "none",
               "-rtc", "base=2026-01-01T00:00:00,clock=vm",
               "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
               "-kernel", hypervisor, "-append", append, "-initrd", image]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as qemu:
        output = []
        for line in qemu.stdout:
            line = line.decode(errors="replace").rstrip()
            output.append(line)
            if "Test result:" in line:
                break
        qemu.kill()
    rows = {}
    for line in output:
        found = re.search(r"bench (\S+) (\d+)", line)
        if found:
            rows[found[1]] = int(found[2]) / 10
    return rows, output


def ratio(ours, theirs):
    return ours / theirs if ours is not None and theirs else None


def show(value, digits=1):
    return "-" if value is None else f"{value:.{digits}f}"


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
        measured[width], output = measure(args.hypervisor, image, append)
        if "Test result: SUCCESS" not in "\n".join(output[-1:]):
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
    if args.out:
        with open(args.out, "w", encoding="ascii", newline="") as f:
            writer = csv.writer(f)
            writer.writerow(["name", "width", "xen", "ours", "ratio"])
            writer.writerows(table)


if __name__ == "__main__":
    main()
