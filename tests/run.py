#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Boots each pv test image as domain 0 in QEMU, and says which tests pass.

    tests/run.py [--hypervisor FILE | --real FILE] [--width 32|64] [--jobs N] [--counts FILE] [test...]

A test is named as its C file (`traps`) or with its width (`traps-32`); none means all. With
--hypervisor it runs on Ringmaster, with --real on real Xen, where tests that say "Also runs on:
real Xen, no" are left out. One line a test, then "N passed, N failed".

The image prints "Test result: SUCCESS|SKIP|ERROR|FAILURE" last; a skip counts as passed and is
shown. After "Expecting death: ..." the pass is the hypervisor's crash report instead. CRASH is a
domain or a QEMU that ended otherwise, TIMEOUT one that did not end. On Ringmaster a panic, an audit
that found differences, or none, fails the test whatever the image says.

A test's head comment may hold a line "Run with: key=value ..." (values quoted as in a shell):

    args=       the domain's command line
    ramdisk=    bytes of a ramdisk to make
    hv=         hypervisor options
    mem=        megabytes of the machine (256)
    vcpus=      vCPUs of domain 0 (as many as processors)
    input=      text to type on the serial line
    smp=        processors: a number or a list of them, `1,2,4`
    cpu=        QEMU processor models, one or a list
    guest=      `same`, `other` or `both`: hand it its own image of that width as its ramdisk, for domains
                that it makes itself (lib/toolstack.h)
    pair=       `same` or `other`: start its image of that width as an unprivileged domain beside it
    device=     QEMU devices beside the usual ones, with a | between
    domu=       start its own image as further unprivileged domains, which say nothing of results:
                their words ("mem=8M a|mem=8M b" are two, "5*mem=8M" five that are alike)

Of lists, the k-th run takes the k-th value of each, shorter ones repeating: `guest=both smp=1,2,4` are
three runs. With --domu the image itself is unprivileged and alone; tests that say "Runs as: domain 0"
are left out. With --crowd N there are N of it at once, and all must pass.
"""

import argparse
import concurrent.futures
import os
import re
import select
import shlex
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SOURCES = os.path.join(TOP, "tests", "pv")
XEN_OPTIONS = "console=com1 com1=115200,8n1 loglvl=all guest_loglvl=all noreboot"
OVERRIDE = ""  # of --with
OTHER = {"32": "64", "64": "32"}
# Options that may be lists, and what they look like in a run's name.
LISTS = {"smp": "smp", "cpu": "", "guest": ""}
GOOD = ("SUCCESS", "SKIP", "DEATH")


class Test:
    """One run of an image: where it is and what its source's head comment asks of the run."""

    def __init__(self, path, run=0):
        self.path = path
        self.name = os.path.basename(path)
        self.base, self.width = self.name.rsplit("-", 1)
        with open(os.path.join(SOURCES, self.base + ".c"), encoding="utf-8") as f:
            head = f.read().split("*/\n", 2)[1]
        words = re.search(r"Run with: (.*)", head)
        words = shlex.split(words[1]) if words else []
        self.options = dict(w.split("=", 1) for w in words + shlex.split(OVERRIDE))
        if self.options.get("guest") == "both":
            self.options["guest"] = "same,other"
        lists = {k: self.options[k].split(",") for k in LISTS if k in self.options}
        self.runs = max((len(values) for values in lists.values()), default=1)
        for key, values in lists.items():
            self.options[key] = values[run % len(values)]
            if run and len(values) > 1:
                self.name += "+" + LISTS[key] + self.options[key]
        self.domains = 1 + ("pair" in self.options)
        self.domus = [d for d in self.options.get("domu", "").split("|") if d]
        if many := re.fullmatch(r"(\d+)\*(.*)", self.options.get("domu", "")):
            self.domus = [many[2]] * int(many[1])
        self.as_domu = (self.domains == 1 and not self.domus and
                        "Runs as: domain 0" not in head)
        # Debian's Xen runs no 32-bit guests.
        self.on_real = (self.options.get("guest") != "other" and not self.domus and
                        not re.search(r"Also runs on: real Xen, no", head))

    def image(self, which):
        """The file of the same test, at the `same` width or the `other`."""
        return self.path[:-2] + (OTHER[self.width] if which == "other" else self.width)


def command(test, args, scratch):
    """The QEMU command line of one run."""
    opt = test.options
    module = test.path
    if args.domu:
        module += " domu" + (" vcpus=" + opt["vcpus"] if "vcpus" in opt else "")
    if args.crowd:
        module += " mem=32M"
    if "args" in opt:
        module += " " + opt["args"].replace(",", ",,")
    if "ramdisk" in opt:
        disk = os.path.join(scratch, "ramdisk")
        with open(disk, "wb") as f:
            f.write(bytes((i * 7 + i // 256) % 256 for i in range(int(opt["ramdisk"]))))
        module += "," + disk + (" ramdisk" if args.domu else "")
    for _ in range(1, args.crowd):
        module += "," + module.split(",")[0]
    if "guest" in opt:
        module += "," + test.image(opt["guest"])
    if "pair" in opt:
        module += "," + test.image(opt["pair"]) + " domu"
    for words in test.domus:
        module += "," + test.path + " domu " + words.replace(",", ",,")
    append = (XEN_OPTIONS if args.real else "loglvl=all guest_loglvl=all") + " " + opt.get("hv", "")
    if "vcpus" in opt:
        append += " dom0_max_vcpus=" + opt["vcpus"]
    cmd = [args.qemu, "-m", opt.get("mem", str(256 + 32 * args.crowd)), "-display", "none", "-serial", "stdio",
           "-monitor", "none", "-no-reboot", "-kernel", args.real or args.hypervisor,
           "-append", append.strip(), "-initrd", module, "-smp", opt.get("smp", args.smp)]
    for device in filter(None, opt.get("device", "").split("|")):
        cmd += ["-device", device]
    if opt.get("cpu", args.cpu):
        cmd += ["-cpu", opt.get("cpu", args.cpu)]
    if not args.real:
        cmd += ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
    return cmd


def boot(test, args):
    """Run one image; returns its console log, and whether QEMU ended by itself."""
    with tempfile.TemporaryDirectory() as scratch:
        qemu = subprocess.Popen(command(test, args, scratch), stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        log = b""
        typed = "input" not in test.options
        end = time.monotonic() + args.timeout
        ended = False
        try:
            while time.monotonic() < end:
                ready, _, _ = select.select([qemu.stdout], [], [], 0.2)
                if ready:
                    more = os.read(qemu.stdout.fileno(), 65536)
                    if not more:
                        ended = True
                        break
                    log += more
                if not typed and b"Type now" in log:
                    qemu.stdin.write(test.options["input"].encode())
                    qemu.stdin.flush()
                    typed = True
                # Real Xen halts the machine but does not leave QEMU.
                if args.real and re.search(rb"Test result: \w+\s|Hardware Dom0 (crashed|halted)|"
                                           rb"Panic on CPU|FATAL", log):
                    break
        finally:
            qemu.kill()
            qemu.wait()
            qemu.stdin.close()
            qemu.stdout.close()
        return log.decode("utf-8", "replace").replace("\r", ""), ended


def judge(test, log, ended, args):
    """One word for what a log says, and the reason where that helps."""
    if not args.real:
        bad = re.search(r".*(audit:.*(FAILED|differences)|panic).*", log, re.I)
        if bad:
            return "CRASH", bad[0].strip()
        if ended and "audit: clean" not in log:
            return "CRASH", "the machine ended without an audit"
    results = re.findall(r"^.*Test result: (\w+)\s*$", log, re.M)
    death = re.search(r"^.*Expecting death: (.*)$", log, re.M)
    if len(results) > test.domains:
        return "ERROR", "more result lines than domains"
    if len(results) == test.domains:
        results.sort(key=["SUCCESS", "SKIP", "ERROR", "FAILURE"].index, reverse=True)
        notes = re.findall(r"(?:Failure|Error|Skip): .*", log)
        return results[0], notes[0] if notes else ""
    if death:
        if re.search(r"crash", log[death.end():], re.I):
            return "DEATH", "as expected: " + death[1].strip()
        return ("CRASH" if ended else "TIMEOUT"), "no crash report after: " + death[1].strip()
    if re.search(r"crashed|Panic on CPU|FATAL", log):
        return "CRASH", "no result line"
    return ("CRASH" if ended else "TIMEOUT"), "no result line"


def run(test, args):
    log, ended = boot(test, args)
    word, why = judge(test, log, ended, args)
    return test, word, why, log


def choose(args):
    """The images to run, in the order of their names."""
    folder = args.images
    tests = [Test(os.path.join(folder, n)) for n in sorted(os.listdir(folder))
             if re.fullmatch(r"[a-z0-9-]+-(32|64)", n)
             and os.path.exists(os.path.join(SOURCES, n.rsplit("-", 1)[0] + ".c"))]
    tests += [Test(t.path, run) for t in tests for run in range(1, t.runs)]
    tests.sort(key=lambda t: t.name)
    if args.width:
        tests = [t for t in tests if t.width == args.width]
    if args.real and not args.force:
        # With more than one processor the emulator lets real Xen's clocks drift apart, and a timer that is
        # early by one of them fails a test that checks its own: one processor shows the ABI as well.
        tests = [t for t in tests if t.on_real and t.options.get("smp", "1") == "1"]
    if args.domu:
        tests = [t for t in tests if t.as_domu]
    if args.crowd:
        tests = [t for t in tests if not {"ramdisk", "args"} & set(t.options)]
        for t in tests:
            t.domains = args.crowd
    if args.tests:
        tests = [t for t in tests if t.name in args.tests or t.base in args.tests]
    return tests


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("tests", nargs="*")
    p.add_argument("--hypervisor", default=os.path.join(TOP, "build", "ringmaster"))
    p.add_argument("--real", help="a real Xen image, instead of Ringmaster")
    p.add_argument("--domu", action="store_true", help="as an unprivileged domain, alone")
    p.add_argument("--crowd", type=int, default=0, metavar="N",
                   help="N unprivileged domains of it side by side")
    p.add_argument("--force", action="store_true", help="also tests that real Xen cannot pass")
    p.add_argument("--images", default=os.path.join(TOP, "build", "pv"))
    p.add_argument("--width", choices=["32", "64"])
    p.add_argument("--jobs", type=int, default=2)
    p.add_argument("--timeout", type=float, default=90)
    p.add_argument("--counts", default=os.environ.get("COUNTS"),
                   help="append 'SUITE PASSED FAILED' to this file (default: $COUNTS)")
    p.add_argument("--logs", help="keep each run's console log in this folder")
    p.add_argument("--smp", default="1", help="processors, for tests that do not say")
    p.add_argument("--cpu", help="a QEMU processor model, for tests that do not name one")
    p.add_argument("--qemu", default="qemu-system-x86_64")
    p.add_argument("--with", dest="override", default="", metavar='"KEY=VALUE ..."',
                   help="for this run, instead of what the tests' heads say")
    p.add_argument("-v", "--verbose", action="store_true", help="show every log")
    args = p.parse_args()
    args.domu = args.domu or args.crowd > 0

    global OVERRIDE
    OVERRIDE = args.override
    passed = failed = 0
    tests = choose(args)
    if args.logs:
        os.makedirs(args.logs, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for test, word, why, log in pool.map(lambda t: run(t, args), tests):
            good = word in GOOD
            passed, failed = passed + good, failed + (not good)
            tail = f"  {why}" if why else ""
            print(f"{'ok  ' if good else 'FAIL'} {test.name:28} {word}{tail}", flush=True)
            if args.logs:
                with open(os.path.join(args.logs, test.name + ".log"), "w",
                          encoding="utf-8") as f:
                    f.write(log)
            if args.verbose or not good:
                lines = log.rstrip().splitlines()
                for line in lines if args.verbose else lines[-25:]:
                    print("     | " + line)
    if args.counts:
        with open(args.counts, "a", encoding="utf-8") as f:
            f.write(f"{'pv-real' if args.real else 'pv'} {passed} {failed}\n")
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and tests else 1


if __name__ == "__main__":
    sys.exit(main())
