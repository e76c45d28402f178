#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Kernels that nobody here wrote boot on Ringmaster.

Linux 6.1 (the distribution's, 64-bit), as domain 0 and as an unprivileged domain, runs a shell from our
own ramdisk and powers off; GRUB's PV images of both widths, as unprivileged domains, reach the point
where they wait for xenstore.  Whatever happens, the audit at the end must find every count right.
"""

import argparse
import os
import re
import sys

import pexpect

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
INPUTS = os.path.join(TOP, "build", "inputs")
GRUB = os.path.join(INPUTS, "grub-xen", "grub-xen")


class Machine:
    """One QEMU with Ringmaster and some modules; its console is a pexpect session."""

    def __init__(self, args, memory, modules, options="loglvl=info guest_loglvl=error"):
        command = ["-m", str(memory), "-display", "none", "-serial", "stdio", "-monitor", "none",
                   "-no-reboot", "-net", "none", "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
                   "-kernel", args.hypervisor, "-append", options, "-initrd", modules]
        self.session = pexpect.spawn("qemu-system-x86_64", command, timeout=args.timeout,
                                     encoding="utf-8", codec_errors="replace", echo=False)
        self.log = []
        self.session.logfile_read = self

    def write(self, text):
        self.log.append(text)

    def flush(self):
        pass

    def expect(self, pattern):
        self.session.expect(pattern)
        return self.session.match

    def debug_key(self, key):
        self.session.send("\x01\x01\x01")
        self.expect("keys go to Ringmaster")
        self.session.send(key)

    def close(self):
        self.session.close(force=True)


def linux_runs_a_shell(args):
    machine = Machine(args, 512, f"{INPUTS}/linux console=hvc0 quiet rdinit=/bin/sh,"
                                 f"{args.ramdisk}")
    try:
        machine.expect("built-in shell")
        machine.session.send("echo $((6*7)) from $(uname -s -m); ls /bin | wc -l\r")
        machine.expect(r"42 from Linux x86_64\s+\d+")
        machine.session.send("poweroff -f\r")
        machine.expect("audit: clean")
    finally:
        machine.close()
    return machine


def linux_runs_unprivileged(args):
    """Its console is the ring; without a domain 0 the keyboard is its own."""
    machine = Machine(args, 512, f"{INPUTS}/linux domu mem=256M console=hvc0 quiet rdinit=/bin/sh,"
                                 f"{args.ramdisk} ramdisk")
    try:
        machine.expect("built-in shell")
        machine.session.send("echo $((6*7)) from $(uname -s -m)\r")
        machine.expect("42 from Linux x86_64")
        machine.session.send("poweroff -f\r")
        machine.expect("the last domain is gone")
        machine.expect("audit: clean")
    finally:
        machine.close()
    return machine


def grub_waits_for_the_store(image):
    def run(args):
        machine = Machine(args, 256, f"{GRUB}/{image} domu mem=64M")
        try:
            machine.expect(r"d1: \d+-bit GRUB")
            # Time to get there; it then yields for ever: there is no xenstore yet.
            machine.session.expect(pexpect.TIMEOUT, timeout=2)
            machine.debug_key("q")
            machine.expect(r'd1 "d1": \d+-bit, alive')
            machine.session.send("A")
            machine.expect("audit: clean")
        finally:
            machine.close()
        return machine
    return run


TESTS = {
    "linux-6.1": linux_runs_a_shell,
    "linux-6.1-domu": linux_runs_unprivileged,
    "grub-32": grub_waits_for_the_store("grub-i386-xen.bin"),
    "grub-64": grub_waits_for_the_store("grub-x86_64-xen.bin"),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hypervisor", default="build/ringmaster")
    parser.add_argument("--ramdisk", default="build/initramfs.cpio")
    parser.add_argument("--timeout", type=int, default=90)
    parser.add_argument("tests", nargs="*", default=[])
    args = parser.parse_args()
    passed = failed = 0
    for name in args.tests or TESTS:
        print(f"{name}: ", end="", flush=True)
        try:
            TESTS[name](args)
            passed += 1
            print("ok")
        except (pexpect.TIMEOUT, pexpect.EOF) as wrong:
            failed += 1
            print("FAILED")
            print(re.sub(r"\r", "", str(wrong))[-2500:])
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
