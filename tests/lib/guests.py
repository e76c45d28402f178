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
    """
    Also for what the hypervisor still has of it: a domain of which somebody has a page mapped, a backend or a daemon
    that has not heard of its end, stays in the list without a name.
    """
    status, said = m.run(f"n=0; while xl list | grep -q -e '^{name} ' -e '^(null) ' && [ $n -lt 300 ]; do "
                         "n=$((n + 1)); usleep 100000; done; xl list", 90)
    need(status == 0 and not {name, "(null)"} & set(said.split()), f"{name} is still there: {said}")


def wait_said(m, command, *wanted):
    """Until a command of domain 0's says these words: what was asked to end takes its time."""
    words = " ".join(wanted)
    _, said = m.run(f"n=0; until [ \"$(echo $({command}))\" = \"{words}\" ] || [ $n = 300 ]; do n=$((n + 1)); "
                    f"usleep 100000; done; {command}", 120)
    need(said.split() == list(wanted), f"`{command}` should say {words}: {said}")
