# SPDX-License-Identifier: MIT
"""
A machine to talk to: QEMU with a hypervisor, domain 0 and its console, for the user and system tests.

What is booted comes from the environment, so that the same tests run against other hypervisors and
kernels:

    HYPERVISOR    default build/ringmaster; `real` or a path with "xen" in it gets Xen's options
    KERNEL        default build/ringlet
    KERNEL_ARGS   further words for the kernel's command line
    QEMU_FLAGS    further QEMU flags, e.g. "-cpu max"
    TIME          factor for all time limits (default 2; a slow machine needs more)

Every byte of the console goes to build/log/NAME.log.
"""
import os
import re
import shlex
import sys
import time

import pexpect

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, "build")
HYPERVISOR = os.environ.get("HYPERVISOR", os.path.join(BUILD, "ringmaster"))
if HYPERVISOR == "real":
    HYPERVISOR = os.path.join(BUILD, "inputs/xen-4.17")
KERNEL = os.environ.get("KERNEL", os.path.join(BUILD, "ringlet"))
KERNEL_ARGS = os.environ.get("KERNEL_ARGS", "")
REAL_XEN = "xen" in os.path.basename(HYPERVISOR)
TIME = float(os.environ.get("TIME", "2"))
PROMPT = r"[~/][\w/.-]* [#$] "


class Failed(Exception):
    """A test's claim does not hold; the text says which."""


class Machine:
    """One QEMU, from power-on until it ends or `close` is called."""

    def __init__(self, name, initrd="tests.cpio", memory=512, args="", hv_args="", flags=(),
                 boot=None):
        self.name = name
        self.mark = 0
        command = ["-m", str(memory), "-display", "none", "-monitor", "none",
                   "-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console",
                   "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
        command += shlex.split(os.environ.get("QEMU_FLAGS", ""))
        command += boot or self.multiboot(initrd, args, hv_args)
        command += flags
        os.makedirs(os.path.join(BUILD, "log"), exist_ok=True)
        path = os.path.join(BUILD, "log", name + ".log")
        if os.path.exists(path):
            os.unlink(path)  # another machine of this name may still be writing to it
        self.log = open(path, "w+", encoding="utf-8", errors="replace")
        self.log.write("qemu-system-x86_64 " + shlex.join(command) + "\n")
        self.child = pexpect.spawn("/usr/bin/qemu-system-x86_64", command, encoding="utf-8",
                                   codec_errors="replace", echo=False, timeout=60 * TIME,
                                   dimensions=(25, 200))
        self.child.logfile_read = self.log
        self.child.delaybeforesend = 0.02

    @staticmethod
    def multiboot(initrd, args, hv_args):
        """The flags that boot hypervisor, kernel and ramdisk directly."""
        words = "console=com1 com1=115200,8n1 loglvl=all guest_loglvl=all"
        if REAL_XEN:
            words += " noreboot=no"
        module = " ".join(w for w in (KERNEL, KERNEL_ARGS, args) if w).replace(",", ",,")
        if initrd:
            module += "," + os.path.join(BUILD, initrd)
        return ["-kernel", HYPERVISOR, "-append", f"{words} {hv_args}".strip(), "-initrd", module]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def console(self, since=0):
        """All that came from the console, from this byte on: `console_end` says how many there are."""
        self.log.flush()
        return os.pread(self.log.fileno(), self.console_end(), since).decode("utf-8", "replace")

    def console_end(self):
        self.log.flush()
        return os.fstat(self.log.fileno()).st_size

    def close(self):
        """Power cut."""
        self.child.close(force=True)
        self.log.close()

    def failed(self, test):
        """Power cut after a test that failed: the next machine's console does not replace this one's."""
        said = self.console()
        self.close()
        with open(self.log.name[:-4] + f"-{test}.log", "w", encoding="utf-8") as f:
            f.write(said)

    def send(self, text):
        self.child.send(text)

    def line(self, text):
        self.child.send(text + "\r")

    def expect(self, pattern, timeout=30, what=None):
        """Wait for a regular expression on the console; returns its match."""
        try:
            self.child.expect(pattern, timeout=timeout * TIME)
        except (pexpect.TIMEOUT, pexpect.EOF) as e:
            ended = "the machine ended" if isinstance(e, pexpect.EOF) else f"{timeout} s passed"
            tail = "\n".join(clean(self.child.before or "").split("\n")[-15:])[-1000:]
            raise Failed(f"{ended} without {what or repr(pattern)}; last seen:\n{tail}") from None
        return self.child.match

    def prompt(self, timeout=90):
        """Wait until the shell asks for a command."""
        self.expect(PROMPT, timeout, "a shell prompt")

    def run(self, command, timeout=60):
        """Run a shell command line; returns (exit status, its output)."""
        self.mark += 1
        self.line(f"echo '@'begin{self.mark}; {command}; echo '@'end{self.mark}: $?")
        self.expect(rf"@begin{self.mark}\r*\n", 30, "the command's begin")
        match = self.expect(rf"@end{self.mark}: (\d+)\r*\n", timeout, f"the end of `{command}`")
        output = clean(self.child.before)
        self.expect(PROMPT, 30, "the prompt after a command")
        return int(match[1]), output

    def check(self, command, expected, timeout=60):
        """Run a command that must succeed with this output."""
        status, output = self.run(command, timeout)
        if status != 0 or output.strip() != expected:
            raise Failed(f"`{command}`: status {status}, output:\n{output}expected:\n{expected}")

    def ended(self, timeout=30):
        """Wait for QEMU itself to end; returns its exit status."""
        self.expect(pexpect.EOF, timeout, "the end of the machine")
        self.child.wait()
        return self.child.exitstatus


def clean(text):
    """Console text as a program wrote it: no carriage returns, cursor queries, kernel messages."""
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text.replace("\r", ""))
    return re.sub(r"^(\[ *\d+\.\d+\] |\(XEN\) |\(d\d+).*\n", "", text, flags=re.M)


class Report:
    """Prints a line a test, counts, and ends with the line that everybody looks for."""

    def __init__(self, suite):
        self.suite = suite
        self.passed = 0
        self.failed = []
        self.start = time.monotonic()

    def result(self, name, reason=None):
        seconds = time.monotonic() - self.start
        self.start = time.monotonic()
        if reason is None:
            self.passed += 1
            print(f"  {self.suite:<7} {name:<28} ok    {seconds:5.1f} s", flush=True)
        else:
            self.failed.append(name)
            print(f"  {self.suite:<7} {name:<28} FAILED\n{indent(reason)}", flush=True)

    def finish(self):
        if self.failed:
            print(f"  {self.suite}: failed: {' '.join(self.failed)}; consoles: build/log/")
        print(f"{self.passed} passed, {len(self.failed)} failed")
        counts = os.environ.get("COUNTS")
        if counts:
            with open(counts, "a", encoding="utf-8") as f:
                f.write(f"{self.suite} {self.passed} {len(self.failed)}\n")
        sys.exit(1 if self.failed or not self.passed else 0)


def indent(text):
    return "\n".join("          " + line for line in text.rstrip().split("\n"))
