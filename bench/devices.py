#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
The two halves of every device, in figures: a guest's disk and network beside domain 0's own, and what it takes to
make and end a guest.

    bench/devices.py [--hypervisor FILE] [--out FILE.csv]

Wall time under QEMU's software emulation, so the figures are of this machine; those of real Xen with Linux as domain 0,
measured on the machine of the authors, stand beside them (Xen 4.17, Linux 6.1; its disk was a ram disk of domain 0,
ours is the emulator's virtio disk).
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

ROWS = (("create to shell", "s", None), ("xl create", "s", 0.30), ("xl destroy", "s", 0.19),
        ("disk read, domain 0", "MB/s", 2721), ("disk read, guest", "MB/s", 531),
        ("disk write, domain 0", "MB/s", 1932), ("disk write, guest", "MB/s", 643),
        ("network, guest to domain 0", "MB/s", 77), ("network, guest to guest", "MB/s", None),
        ("round trip, guest to domain 0", "us", 983))
MEGABYTES = 16


def seconds(machine, command):
    """How long a command takes, by the guest's own clock: hundredths are what busybox tells."""
    status, said = machine.run(f"time sh -c '{command}'", 120)
    found = re.search(r"real\s+(\d+)m ([\d.]+)s", said)
    if status or not found:
        sys.exit(f"devices: `{command}`: status {status}: {said}")
    return max(int(found[1]) * 60 + float(found[2]), 0.01)


def disk(machine, device, scratch):
    """MB/s of reading a device for the first time, and of writing a file that is on the medium then."""
    read = seconds(machine, f"dd if={device} of=/dev/null bs=64k count={MEGABYTES * 16} 2>/dev/null")
    write = seconds(machine, f"dd if=/dev/zero of={scratch} bs=64k count={MEGABYTES * 16} conv=fsync 2>/dev/null")
    machine.run(f"rm -f {scratch}")
    return MEGABYTES / read, MEGABYTES / write


def round_trip(machine, address):
    _, said = machine.run(f"ping -c 20 -i 0.05 {address} || ping -c 5 {address}", 60)
    found = re.search(r"min/avg/max = [\d.]+/([\d.]+)/", said)
    return float(found[1]) * 1000 if found else None


def enter(machine, name):
    machine.mark += 1
    machine.line(f"xl console {name}")
    machine.line(f"echo here-$((1000 + {machine.mark}))")
    machine.expect(f"here-{1000 + machine.mark}", 60)
    machine.prompt()


def leave(machine):
    machine.send("\x1d")
    machine.prompt()


def measure(Machine, scratch):
    result, flags = {}, []
    for n in (1, 2, 3):
        path = os.path.join(scratch, f"{n}.img")
        subprocess.run([os.path.join(TOP, "tools", "mkguestdisk"), path, "64"], check=True,
                       stdout=subprocess.DEVNULL)
        flags += ["-drive", f"file={path},if=none,id=d{n},format=raw,cache=unsafe", "-device", f"virtio-blk-pci,drive=d{n}"]
    flags += ["-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net"]
    with Machine("devices", initrd="initramfs.cpio", args="guests=2", hv_args="dom0_mem=192M", flags=flags) as m:
        m.prompt()
        leave(m)
        m.run("sed -e s/demo/x/ -e s:/dev/vda:/dev/vdc: -e s/00:01/00:09/ -e s/2.15/2.23/ /etc/xen/demo.cfg >/tmp/x.cfg")
        result["create to shell"] = seconds(m, "xl create -q /tmp/x.cfg; while ! grep -q \"This is the guest\" "
                                            "/var/log/xen/console/guest-x.log 2>/dev/null; do usleep 10000; done")
        result["xl destroy"] = seconds(m, "xl destroy x")
        result["xl create"] = seconds(m, "xl create -q /tmp/x.cfg")
        m.run("xl destroy x; sleep 1")
        m.run("mkdir -p /tmp/d && mount -t ext2 /dev/vdc /tmp/d")
        result["disk read, domain 0"], result["disk write, domain 0"] = disk(m, "/dev/vdb", "/tmp/d/scratch")
        m.run("umount /tmp/d; dd if=/dev/zero of=/tmp/data bs=64k count=128 2>/dev/null; httpd -p 8000 -h /tmp")
        enter(m, "demo")
        result["disk read, guest"], result["disk write, guest"] = disk(m, "/dev/xvda", "/root/scratch")
        took = seconds(m, "wget -q -O /dev/null http://10.0.2.100:8000/data")
        result["network, guest to domain 0"] = 8 / took
        m.run("dd if=/dev/zero of=/var/www/data bs=64k count=128 2>/dev/null")
        result["round trip, guest to domain 0"] = round_trip(m, "10.0.2.100")
        leave(m)
        enter(m, "demo2")
        result["network, guest to guest"] = 8 / seconds(m, "wget -q -O /dev/null http://10.0.2.15/data")
        leave(m)
    return result


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--hypervisor")
    p.add_argument("--out")
    args = p.parse_args()
    if args.hypervisor:
        os.environ["HYPERVISOR"] = args.hypervisor
    from machine import Machine  # pylint: disable=import-outside-toplevel

    scratch = tempfile.mkdtemp(prefix="ringlet-devices")
    try:
        result = measure(Machine, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    rows = [(name, unit, result.get(name), other) for name, unit, other in ROWS if result.get(name) is not None]
    print(f"{'':34} {'here':>10} {'real Xen, Linux':>16}")
    for name, unit, ours, theirs in rows:
        print(f"{name:34} {ours:10.2f} {'' if theirs is None else theirs:>16} {unit}")
    if args.out:
        with open(args.out, "w", newline="", encoding="utf-8") as f:
            writer = csv.writer(f)
            writer.writerow(("what", "unit", "here", "xen-4.17-linux-6.1"))
            writer.writerows(rows)


main()
