#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
The two halves of every device, in figures: a guest's disk and network beside domain 0's own, and what it takes to
make, keep and end a guest.

    bench/devices.py [--hypervisor FILE] [--out FOLDER]

Wall time under QEMU's software emulation, so the figures are of this machine, and only those of one run compare. Beside
them stand those of real Xen 4.17 with Linux 6.1 as domain 0, on the machine of the authors (bench/xen-devices.csv). The
disk is a RAM disk of domain 0 for both: a file in memory, lent to the guest as a block device.
"""
import argparse
import csv
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))

from plot import svg  # noqa: E402

MEGABYTES = 64  # of the RAM disk, and of each transfer
IDLE = 8  # guests whose memory is counted
LOADS = ("disk", "network")


def seconds(machine, command):
    """How long a command takes, by domain 0's clock: hundredths are what busybox tells."""
    status, said = machine.run(f"time sh -c '{command}'", 120)
    found = re.search(r"real\s+(\d+)m ([\d.]+)s", said)
    if status or not found:
        sys.exit(f"devices: `{command}`: status {status}: {said}")
    return max(int(found[1]) * 60 + float(found[2]), 0.01)


def figure(said, name):
    found = re.search(rf"^{name} ([\d.]+) ", said, re.M)
    if not found:
        sys.exit(f"devices: no figure for {name} in: {said}")
    return float(found[1])


def boot(Machine, scratch):
    flags = []
    for n in (1, 2, 3):
        path = os.path.join(scratch, f"{n}.img")
        subprocess.run([os.path.join(TOP, "tools", "mkguestdisk"), path, "24"], check=True,
                       stdout=subprocess.DEVNULL)
        for load in LOADS:
            for order in (f"write {TOP}/build/bench/{load} /bin/{load}", f"sif /bin/{load} mode 0100755"):
                subprocess.run(["debugfs", "-w", "-R", order, path], check=True, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
        flags += ["-drive", f"file={path},if=none,id=d{n},format=raw,cache=unsafe", "-device",
                  f"virtio-blk-pci,drive=d{n}"]
    flags += ["-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net"]
    m = Machine("devices", initrd="initramfs.cpio", args="guests=2", hv_args="dom0_mem=256M", memory=640, flags=flags)
    m.prompt()
    return m


def life(m, wait_gone):
    """Making and ending a guest, as a user waits for it."""
    m.run("sed -e s/demo/x/ -e s:/dev/vda:/dev/vdc: -e s/00:01/00:09/ -e s/2.15/2.23/ /etc/xen/demo.cfg >/tmp/x.cfg")
    result = {"create to shell": seconds(
        m, "xl create -q /tmp/x.cfg; while ! grep -q \"This is the guest\" /var/log/xen/console/guest-x.log 2>/dev/null; "
        "do usleep 10000; done")}
    result["xl destroy"] = seconds(m, "xl destroy x")
    wait_gone(m, "x")
    result["xl create"] = seconds(m, "xl create -q /tmp/x.cfg")
    m.run("xl destroy x; sleep 1")
    return result


def memory(m, wait_gone):
    """KiB that an idle guest costs besides its own memory: of the hypervisor, and of domain 0."""
    import domain0  # pylint: disable=import-outside-toplevel

    def dom0():
        return int(re.search(r"MemFree: +(\d+)", m.run("sync; cat /proc/meminfo")[1])[1])

    before = dom0()
    for i in range(IDLE):
        m.run(f"xl create -q /tmp/x.cfg 'name=\"i{i}\"' memory=8 \"disk=['phy:/dev/vdc,xvda,r']\" 'root=\"/dev/xvda ro\"' "
              f"\"vif=['mac=00:16:3e:00:01:{i:02x}']\" 'extra=\"hostname=i{i} ip=10.0.2.{60 + i}\"'")
    m.run(f"while [ $(grep -l 'This is the guest' /var/log/xen/console/guest-i*.log | wc -l) -lt {IDLE} ]; do "
          "usleep 100000; done; sleep 1", 120)
    used = before - dom0()
    free = []
    for i in range(IDLE):
        m.run(f"xl destroy i{i}")
        wait_gone(m, f"i{i}")
        m.run("sleep 1")
        free.append(domain0.free_memory(m))
    each = sorted(b - a for a, b in zip(free, free[1:]))[IDLE // 2]
    return {"memory of an idle domain: the hypervisor": each - 8192, "memory of an idle domain: domain 0": used / IDLE}


def disks(m, said_by):
    m.run("mkdir -p /tmp/d /tmp/p && mount -t ext2 -o ro /dev/vdc /tmp/p; cp /tmp/p/bin/disk /tmp/p/bin/network /bin; "
          f"umount /tmp/p; dd if=/dev/zero of=/tmp/ram bs=1M count={MEGABYTES} 2>/dev/null")
    _, own = m.run(f"disk /tmp/ram {MEGABYTES}", 120)
    status, said = m.run("xl block-attach demo file:/tmp/ram,xvdb,w")
    if status:
        sys.exit(f"devices: {said}")
    guests = said_by(m, "demo", "while [ ! -b /dev/xvdb ]; do usleep 10000; done; "
                     f"disk /dev/xvdb 16 >/dev/null; disk /dev/xvdb {MEGABYTES}", 120)
    m.run("xl block-detach demo xvdb; rm /tmp/ram")
    return {f"{what}, {where}": figure(said, key) for where, said in (("domain 0", own), ("guest", guests))
            for what, key in (("disk read", "read"), ("disk write", "write"), ("a page at random", "page"))}


def networks(m, said_by):
    """Each pair is asked twice: the first time the emulator still translates code."""
    for who in (None, "demo", "demo2"):
        order = "network serve 9 >/dev/null 2>&1 & true"
        _ = said_by(m, who, order) if who else m.run(order)
    result = {}
    for name, who, address in (("guest to domain 0", "demo", "10.0.2.100"), ("domain 0 to guest", None, "10.0.2.15"),
                               ("guest to guest", "demo", "10.0.2.16"), ("to itself", "demo", "127.0.0.1")):
        order = f"network bulk {address} 9 8 && network bulk {address} 9 {MEGABYTES} | sed s/bulk/all/"
        said = said_by(m, who, order, 120) if who else m.run(order, 120)[1]
        result[f"network, {name}"] = figure(said, "all")
    for name, address in (("guest and domain 0", "10.0.2.100"), ("guest and guest", "10.0.2.16"), ("to itself", "127.0.0.1")):
        said = said_by(m, "demo", f"network trips {address} 9 200 && network trips {address} 9 2000 | sed s/trip/all/", 120)
        result[f"round trip, {name}"] = figure(said, "all")
    return result


def plot(path, rows):
    """Each figure as a part of real Xen's; for times the other way round, so that longer is always better."""
    rows = [(n, ours / theirs if unit == "MB/s" else theirs / ours) for n, unit, ours, theirs in rows if theirs]
    step = 320 // len(rows)
    body = ['<line x1="270" x2="270" y1="40" y2="365" stroke="#444"/>',
            '<line x1="390" x2="390" y1="40" y2="365" stroke="#b22"/>',
            '<text x="390" y="385" text-anchor="middle">as good as real Xen and Linux</text>']
    for i, (name, part) in enumerate(rows):
        y = 42 + i * step
        body.append(f'<rect x="270" y="{y}" width="{min(part, 3) * 120:.0f}" height="{step - 4}" fill="#226"/>'
                    f'<text x="262" y="{y + step - 6}" text-anchor="end">{name}</text>'
                    f'<text x="{275 + min(part, 3) * 120:.0f}" y="{y + step - 6}">{part:.2f}</text>')
    svg(path, "Devices, relative to real Xen and Linux", body)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--hypervisor")
    p.add_argument("--out", default="build/bench", help="folder for devices.csv and devices.svg")
    args = p.parse_args()
    if args.hypervisor:
        os.environ["HYPERVISOR"] = args.hypervisor
    from guests import leave, said_by, wait_gone  # pylint: disable=import-outside-toplevel
    from machine import Machine  # pylint: disable=import-outside-toplevel

    with open(os.path.join(TOP, "bench", "xen-devices.csv"), encoding="ascii") as f:
        known = list(csv.DictReader(f))
    scratch = tempfile.mkdtemp(prefix="ringlet-devices")
    try:
        with boot(Machine, scratch) as m:
            leave(m)
            result = life(m, wait_gone) | disks(m, said_by) | networks(m, said_by) | memory(m, wait_gone)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    rows = [(k["row"], k["unit"], result[k["row"]], float(k["figure"] or 0)) for k in known]
    print(f"{'':42} {'here':>10} {'real Xen, Linux':>16}")
    for name, unit, ours, theirs in rows:
        print(f"{name:42} {ours:10.2f} {theirs or '':>16} {unit}")
    os.makedirs(args.out, exist_ok=True)
    with open(os.path.join(args.out, "devices.csv"), "w", newline="", encoding="ascii") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(["figure", "unit", "here", "real Xen, Linux"])
        out.writerows((name, unit, f"{ours:.3f}", theirs or "") for name, unit, ours, theirs in rows)
    plot(os.path.join(args.out, "devices.svg"), rows)


if __name__ == "__main__":
    main()
