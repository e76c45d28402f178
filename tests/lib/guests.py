# SPDX-License-Identifier: MIT
"""
Guests of domain 0, driven from its console: what the tests of the whole stack and the benchmarks share.

A function that goes to a guest comes back: the console is at domain 0's prompt before and after each of them.
"""
import socket

from machine import Failed

LEAVE = "\x1d"


def need(claim, text):
    if not claim:
        raise Failed(text)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def enter(m, name):
    """To a guest's prompt: what was printed before is skipped."""
    m.mark += 1
    m.line(f"xl console {name}")
    m.line(f"echo here-$((1000 + {m.mark}))")
    m.expect(f"here-{1000 + m.mark}", 60, f"an answer of {name}")
    m.prompt()


def leave(m):
    m.send(LEAVE)
    m.prompt()


def in_guest(m, name, command, timeout=60):
    """Status and output of a command in a guest."""
    enter(m, name)
    result = m.run(command, timeout)
    leave(m)
    return result


def said_by(m, name, command, timeout=60):
    status, said = in_guest(m, name, command, timeout)
    need(status == 0, f"`{command}` in {name}: status {status}: {said}")
    return said.strip()


def start(m, name, disk, address, more=""):
    status, said = m.run(f"xl create -q /etc/xen/demo.cfg 'name=\"{name}\"' \"disk=['phy:/dev/{disk},xvda,w']\" "
                         f"\"vif=['mac=00:16:3e:00:00:{address:02x}']\" "
                         f"'extra=\"hostname={name} ip=10.0.2.{14 + address}\"' {more}")
    need(status == 0, f"xl create {name}: {said}")


def wait_gone(m, name):
    status, said = m.run(f"n=0; while xl domid {name} >/dev/null 2>&1 && [ $n -lt 100 ]; do "
                         "n=$((n + 1)); usleep 100000; done; xl list", 60)
    need(status == 0 and name not in said.split(), f"{name} is still there: {said}")
