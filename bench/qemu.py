# SPDX-License-Identifier: MIT
"""What both benchmarks share: one run of QEMU that counts instructions, and its "bench" lines."""

import re
import subprocess

COUNTING = ["-display", "none", "-serial", "stdio", "-monitor", "none", "-no-reboot", "-net", "none",
            "-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01T00:00:00,clock=vm",
            "-device", "isa-debug-exit,iobase=0xf4,iosize=4"]


def measure(hypervisor, append, initrd, memory=256):
    """The rows that a guest prints, name -> instructions; and all lines of its console."""
    command = ["qemu-system-x86_64", "-m", str(memory), *COUNTING,
               "-kernel", hypervisor, "-append", append, "-initrd", initrd]
    output = []
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as qemu:
        for line in qemu.stdout:
            line = line.decode(errors="replace").rstrip()
            output.append(line)
            if re.search(r"Test result:|panic", line, re.I):
                break
        qemu.kill()
    rows = {}
    for line in output:
        found = re.search(r"bench (\S+) (\d+)", line)
        if found:
            rows[found[1]] = int(found[2]) / 10
    return rows, output


def ended_well(output):
    return "Test result: SUCCESS" in "\n".join(output[-1:])


def ratio(ours, theirs):
    return ours / theirs if ours is not None and theirs else None


def show(value, digits=1):
    return "-" if value is None else f"{value:.{digits}f}"
