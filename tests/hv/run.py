#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
What the hypervisor promises without any guest's help, or whatever machine it is on.

    tests/hv/run.py [--build DIR] [test...]

Each case boots QEMU with some options and says which lines must be there, in this order, which must
not, and with which status QEMU must leave: 33 a clean power off, 35 a panic, 0 a reset or ACPI's
power off. One line a case, then "N passed, N failed".
"""

import argparse
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

OFF, PANIC, DIRTY, RESET = 33, 35, 37, 0
EXIT_DEVICE = ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
ICOUNT = ["-icount", "shift=0,sleep=off"]
BANNER = r"Ringmaster, a paravirtualizing hypervisor"
HELLO = r"Test result: SUCCESS"
REPORT = [r"rip ffff8280\w+  test_\w+\+", r"rax \w{16} rbx", r"code:( \w\w){16}", r"boot_main\+0x",
          r"start64\+0x", r"Ringmaster stopped"]
MONITOR = os.path.join(tempfile.gettempdir(), f"ringmaster-{os.getpid()}.qmp")
SWITCH = "\x01\x01\x01"


class Case:
    """One boot: options in, lines and status out."""

    # pylint: disable=too-many-arguments
    def __init__(self, name, want, status, hv="", modules="", qemu=(), never=(), typed="",
                 device=True, nmis=0):
        self.name, self.want, self.status, self.hv = name, want, status, hv
        self.modules, self.qemu, self.never = modules, list(qemu), list(never)
        self.typed, self.device, self.nmis = typed, device, nmis


CASES = [
    Case("no-module", [BANNER, r"memory map:", r"000000100000-\w+ RAM", r"MB of RAM",
                       r"error: there is no kernel for domain 0: give one as the first module",
                       r"error: there is no domain to run"], DIRTY),
    Case("double-fault", [r"PANIC: double fault \(#DF\)"] + REPORT, PANIC, "selftest=df"),
    Case("page-fault", [r"PANIC: page fault \(error code 2\) at address 0{12}1000"] + REPORT, PANIC,
         "selftest=pf"),
    Case("text-is-read-only", [r"PANIC: page fault \(error code 3\) at address ffff8280"] + REPORT,
         PANIC, "selftest=wx"),
    Case("alias-is-read-only", [r"PANIC: page fault \(error code 3\) at address ffff8300"] + REPORT,
         PANIC, "selftest=alias"),
    Case("data-is-not-executed", [r"PANIC: page fault \(error code 11\)"], PANIC, "selftest=nx"),
    Case("stack-guard", [r"PANIC: double fault \(#DF\), cr2 ffff8280", r"use_up_stack\S*\+0x", r"use_up_stack\S*\+0x"], PANIC,
         "selftest=stack"),
    Case("nmi-goes-on", [r"warning: 1 NMI \(no source known\)", HELLO], OFF, "selftest=nmi", "hello-64"),
    Case("nmi-storm", [r"warning: \d+ NMIs?", HELLO, r"audit: clean"], OFF, "", "timer-32", nmis=300),
    Case("hello-32", [HELLO, r"audit: clean"], OFF, "", "hello-32"),
    Case("hello-64", [HELLO, r"audit: clean"], OFF, "", "hello-64"),
    Case("module-string", [r'module 0: \w+-\w+ "\S*hello-64 one  two"', HELLO], OFF, "",
         "hello-64 one  two"),
    Case("cpu-max", [HELLO], OFF, "", "hello-32", ["-cpu", "max"]),
    Case("cpu-max-64", [r"smep, emulated", HELLO], OFF, "", "hello-64", ["-cpu", "max"]),
    Case("cpu-max-smap", [r"smep smap", HELLO], OFF, "smap=yes", "hello-64", ["-cpu", "max"]),
    Case("cpu-intel", [r"cpu: GenuineIntel", HELLO], OFF, "", "hello-64", ["-cpu", "Nehalem"]),
    Case("no-long-mode", [r"needs a 64-bit processor"], PANIC, qemu=["-cpu", "qemu32"]),
    Case("no-nx", [r"PANIC: the processor has no NX bit"], PANIC, qemu=["-cpu", "qemu64,-nx"]),
    Case("q35", [HELLO], OFF, "", "hello-32", ["-M", "q35"]),
    Case("microvm", [r"by the PIT", HELLO], OFF, "", "timer-32",
         ["-M", "microvm,x-option-roms=off,isa-serial=on"]),
    Case("one-processor", [r"cpu: 1 processor\s", HELLO], OFF, "", "timer-64", ["-smp", "1"]),
    Case("two-processors", [r"cpu: 2 processors", HELLO, r"audit: clean"], OFF, "", "timer-32",
         ["-smp", "2", "-cpu", "max"]),
    Case("four-processors", [r"cpu: 4 processors", HELLO, r"audit: clean"], OFF, "", "timer-64",
         ["-smp", "4"], never=[r"TSC differs", r"does not answer"]),
    Case("sockets", [r"cpu: 8 processors", HELLO], OFF, "", "timer-64",
         ["-smp", "8,sockets=2,cores=2,threads=2", "-M", "q35"]),
    Case("maxcpus", [r"cpu: 3 processors", HELLO], OFF, "maxcpus=3", "timer-64", ["-smp", "4"]),
    Case("panic-beside-others", [r"PANIC: double fault \(#DF\)", r"Ringmaster stopped"], PANIC,
         "selftest=df", "hello-64", ["-smp", "4"]),
    Case("32-megabytes", [HELLO], OFF, "", "hello-32", ["-m", "32"]),
    Case("hole-below-4-gib", [r"000100000000-\w+ RAM", HELLO], OFF, "dom0_mem=64M",
         "hello-64", ["-m", "4G", "-M", "q35"]),
    Case("icount", [r"TSC at (999\.99|1000\.00)\d MHz by the ACPI PM timer", HELLO], OFF, "", "timer-32", ICOUNT),
    Case("no-acpi", [r"acpi: no tables", r"by the PIT", r"timer: local APIC", HELLO], OFF, "",
         "timer-64", ["-no-acpi"]),
    Case("no-apic", [r"timer: PIT", HELLO], OFF, "", "timer-32", ["-cpu", "qemu64,-apic"]),
    Case("log-levels", [HELLO], OFF, "loglvl=error", "hello-32", never=[r"memory map", BANNER]),
    Case("no-console", [], OFF, "console=vga", "hello-32", never=[r"."]),
    Case("debug-keys", [r"keys go to Ringmaster", r"  h  list the debug keys", r"  R  reset",
                        r"no debug key '~'", r"timers of this", r"ns from now: refresh"], RESET, "",
         "console-input-32", typed=SWITCH + "h~aR"),
    Case("acpi-power-off", [HELLO, r"audit: clean"], RESET, "", "hello-32", device=False),
    Case("bad-selftest", [r"selftest=nonsense is not known", HELLO], OFF, "selftest=nonsense", "hello-32"),
]


def command(case, build):
    """The QEMU command line of a case; its own -m or -cpu, being later, wins."""
    cmd = ["qemu-system-x86_64", "-m", "256", "-display", "none", "-serial", "stdio",
           "-monitor", "none", "-no-reboot", "-net", "none",
           "-kernel", os.path.join(build, "ringmaster"), "-append", case.hv]
    if case.modules:
        cmd += ["-initrd", os.path.join(build, "pv", case.modules.replace(",", ",,"))]
    if case.nmis:
        cmd += ["-qmp", f"unix:{MONITOR},server=on,wait=off"]
    return cmd + case.qemu + (EXIT_DEVICE if case.device else [])


def boot(case, build, timeout):
    """Returns the log and QEMU's status (None: it had to be killed)."""
    qemu = subprocess.Popen(command(case, build), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT)
    log, running = [], threading.Event()

    def read():
        for line in qemu.stdout:
            log.append(line.decode(errors="replace"))
            if " d0: " in log[-1]:
                running.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    if (case.typed or case.nmis) and running.wait(timeout):
        try:
            type_keys(qemu, case.typed)
            send_nmis(case.nmis)
        except OSError:
            pass  # it ended meanwhile; the log says how
    try:
        qemu.wait(timeout)
    except subprocess.TimeoutExpired:
        qemu.kill()
        qemu.wait()
        qemu.returncode = None
    reader.join()
    return "".join(log), qemu.returncode


def type_keys(qemu, keys):
    """One after the other: the line has a small buffer."""
    for key in keys:
        time.sleep(0.1)
        qemu.stdin.write(key.encode())
        qemu.stdin.flush()


def send_nmis(count):
    """As fast as the monitor takes them."""
    if not count:
        return
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(MONITOR)
        os.unlink(MONITOR)
        monitor = s.makefile("rw")
        for verb in ["qmp_capabilities"] + ["inject-nmi"] * count:
            monitor.write(f'{{"execute": "{verb}"}}\n')
            monitor.flush()
            monitor.readline()


def judge(case, log, status):
    """What is wrong, or None."""
    at = 0
    for line in case.want:
        found = re.compile(line).search(log, at)
        if not found:
            return f"missing: {line}"
        at = found.end()
    for line in case.never:
        found = re.search(line, log)
        if found:
            return f"must not be there: {found[0]}"
    if status != case.status:
        return f"status {status}, want {case.status}"
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--timeout", type=int, default=60)
    parser.add_argument("--counts", help="write 'passed failed' to this file")
    parser.add_argument("tests", nargs="*")
    args = parser.parse_args()
    unknown = set(args.tests) - {c.name for c in CASES}
    if unknown:
        sys.exit(f"no such case: {' '.join(sorted(unknown))}")
    passed = failed = 0
    for case in CASES:
        if args.tests and case.name not in args.tests:
            continue
        log, status = boot(case, args.build, args.timeout)
        wrong = judge(case, log, status)
        print(f"{'FAIL' if wrong else 'ok  '} {case.name:<24} {wrong or ''}".rstrip(), flush=True)
        if wrong:
            failed += 1
            print("".join(f"     | {line}\n" for line in log.splitlines()[-25:]), end="")
        else:
            passed += 1
    print(f"{passed} passed, {failed} failed")
    if args.counts:
        with open(args.counts, "w", encoding="ascii") as f:
            f.write(f"{passed} {failed}\n")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
