#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
A noisy neighbour: what a guest that behaves badly costs another one.

    bench/neighbour.py [--seconds N] [--rounds N] [--options "sched=credit"] [--out FOLDER]

The victim, a guest of 16 MB, serves a page of 16 KiB to a client on the host that asks 20 times a second, and
runs a database-like load beside it (bench/database.c: random reads, writes and fsync). First alone, then beside a
guest that does one thing as hard as it can, or as in the paper beside two, each with two of these; each pair of
measurements takes turns, so that what the machine under the emulator does otherwise hits both. Wall time on two
emulated processors. The paper's victims lost 4 % (database) and 2 % (web server) (SOSP 2003, section 4.3).

The database is on a RAM disk of domain 0, the neighbours' files are on disks of the emulator. These are served by a
thread of its own, for which a host of two processors has none left when both emulated ones are busy: the victim would wait
for the host, and not for its neighbour.
"""
import argparse
import csv
import http.client
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
from guests import enter, free_port, leave, need, said_by, start, wait_gone  # noqa: E402
from machine import Machine  # noqa: E402
from plot import paired_bars  # noqa: E402

RATE = 20  # requests a second
BASE = 8  # MB of the database
PAPER = (2, 4)  # % that SPEC WEB99 and OSDB-IR lost beside all neighbours at once

HOGS = {
    "disk hog": "while :; do dd if=/dev/zero of=/root/hog bs=64k count=128 conv=fsync; cat /root/hog; done",
    "small files": "while :; do for i in 1 2 3 4 5 6 7 8 9; do echo $i >/root/file$i; done; sync; rm /root/file*; done",
    "network flood": "while :; do dd if=/dev/zero bs=64k count=100000 | nc 10.0.2.100 9; done",
    "flood, 1 MB/s": "while :; do dd if=/dev/zero bs=64k count=100000 | nc 10.0.2.100 9; done",
    "fork bomb": "bomb() { bomb | bomb & }; while :; do bomb; sleep 1; done",
    "memory eater": "while :; do tail -c 64m /dev/zero; done",
    "processor hog": "while :; do :; done",
}
# What the guests beside the victim do: a list of hogs for each.
NEIGHBOURS = {name: ([name],) for name in HOGS} | {
    "as in the paper": (["disk hog", "small files"], ["fork bomb", "memory eater"])}


class Client(threading.Thread):
    """Asks for the page at a steady pace, whether answers come or not; knows how long each took."""

    def __init__(self, port, seconds):
        super().__init__()
        self.port, self.count = port, seconds * RATE
        self.times = []

    def ask(self):
        began = time.monotonic()
        try:
            c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            c.request("GET", "/page")
            if len(c.getresponse().read()) == 16384:
                self.times.append(time.monotonic() - began)
        except (OSError, http.client.HTTPException):
            pass

    def run(self):
        asking, began = [], time.monotonic()
        for n in range(self.count):
            time.sleep(max(0, began + n / RATE - time.monotonic()))
            asking.append(threading.Thread(target=self.ask))
            asking[-1].start()
        for t in asking:
            t.join()


def boot(scratch, options):
    flags = ["-smp", "2"]
    for n in (1, 2, 3):
        path = os.path.join(scratch, f"{n}.img")
        subprocess.run([os.path.join(TOP, "tools", "mkguestdisk"), path, "32"], check=True, stdout=subprocess.DEVNULL)
        for order in (f"write {TOP}/build/bench/database /bin/database", "sif /bin/database mode 0100755"):
            subprocess.run(["debugfs", "-w", "-R", order, path], check=True, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
        flags += ["-drive", f"file={path},if=none,id=d{n},format=raw,cache=unsafe", "-device", f"virtio-blk-pci,drive=d{n}"]
    port = free_port()
    flags += ["-netdev", f"user,id=net,hostfwd=tcp:127.0.0.1:{port}-10.0.2.15:80", "-device",
              "virtio-net-pci,netdev=net"]
    m = Machine("neighbour", initrd="initramfs.cpio", args="guests=1", hv_args=f"dom0_mem=128M {options}", flags=flags)
    m.port = port
    m.prompt()
    leave(m)
    # Its input is none that ends, and not the console, which would stop it.
    m.run("mkfifo /tmp/never; (while :; do nc -l -p 9; done) <>/tmp/never >/dev/null 2>&1 & true")
    status, said = m.run(f"dd if=/dev/zero of=/tmp/ram bs=1M count={BASE} && xl block-attach demo file:/tmp/ram,xvdb,w")
    need(status == 0, said)
    said_by(m, "demo", "dd if=/dev/urandom of=/var/www/page bs=16k count=1 2>/dev/null; while [ ! -b /dev/xvdb ]; do "
            f"usleep 10000; done; database /dev/xvdb {BASE} 1 >/dev/null; cat /var/www/page >/dev/null")
    return m


def measure(m, seconds):
    """(answers a second, median answer in ms, transactions a second) of the victim."""
    client = Client(m.port, seconds)
    enter(m, "demo")
    m.line(f"database /dev/xvdb {BASE} {seconds}")
    client.start()
    found = m.expect(r"transactions (\d+) slowest (\d+)", seconds * 20 + 60, "the database's figures")
    m.prompt()
    leave(m)
    client.join()
    need(client.times, "the victim's web server answers nobody")
    return len(client.times) / seconds, statistics.median(client.times) * 1000, int(found[1])


def begin_noise(m, hogs):
    """A guest for each list of hogs, all busy when this returns."""
    m.run("killall -q nc; true")  # it still waits for the last one, which has gone without a word
    for n, together in enumerate(hogs):
        limit = f"\"vif=['mac=00:16:3e:00:00:{9 + n:02x},rate=1MB/s']\"" if "flood, 1 MB/s" in together else ""
        start(m, f"noisy{n}", ("vdb", "vdc")[n], 9 + n, limit)
        said_by(m, f"noisy{n}", "true")
    for n, together in enumerate(hogs):
        enter(m, f"noisy{n}")
        m.line(" ".join(f"({HOGS[hog]}) >/dev/null 2>&1 &" for hog in together))
        m.send("\x1d")
        m.prompt()
    time.sleep(1)


def beside(m, neighbour, args):
    """Medians alone and beside the neighbour: two triples."""
    alone, loaded = [], []
    for _ in range(args.rounds):
        alone.append(measure(m, args.seconds))
        begin_noise(m, NEIGHBOURS[neighbour])
        loaded.append(measure(m, args.seconds))
        for n in range(len(NEIGHBOURS[neighbour])):
            m.run(f"xl destroy noisy{n}")
            wait_gone(m, f"noisy{n}")
    print(f"neighbour: {neighbour} measured", file=sys.stderr, flush=True)
    return [tuple(statistics.median(v) for v in zip(*them)) for them in (alone, loaded)]


def loss(before, after):
    return 100 * (1 - after / before)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--seconds", type=int, default=5, help="of one measurement (5)")
    p.add_argument("--rounds", type=int, default=3, help="measurements of each kind (3)")
    p.add_argument("--options", default="", help="of the hypervisor, such as sched=credit")
    p.add_argument("--out", default="build/bench", help="folder for neighbour.csv and .svg")
    p.add_argument("names", nargs="*", help=", ".join(NEIGHBOURS))
    args = p.parse_args()
    scratch = tempfile.mkdtemp(prefix="ringlet-neighbour")
    try:
        with boot(scratch, args.options) as m:
            rows = [(name, *beside(m, name, args)) for name in args.names or NEIGHBOURS]
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print(f"{'beside':16} {'answers/s':>10} {'loss %':>7} {'median ms':>10} {'alone':>7} "
          f"{'transactions/s':>15} {'alone':>7} {'loss %':>7}")
    for name, alone, loaded in rows:
        print(f"{name:16} {loaded[0]:10.1f} {loss(alone[0], loaded[0]):7.1f} {loaded[1]:10.1f} {alone[1]:7.1f} "
              f"{loaded[2]:15.0f} {alone[2]:7.0f} {loss(alone[2], loaded[2]):7.1f}")
    print(f"{'the paper':27} {PAPER[0]:7.1f} {'':42} {PAPER[1]:7.1f}")
    os.makedirs(args.out, exist_ok=True)
    with open(os.path.join(args.out, "neighbour.csv"), "w", newline="", encoding="ascii") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(["neighbour", "answers/s alone", "beside it", "median ms alone", "beside it",
                      "transactions/s alone", "beside it"])
        out.writerows([name] + [f"{v:.1f}" for pair in zip(alone, loaded) for v in pair]
                      for name, alone, loaded in rows)
    paired_bars(os.path.join(args.out, "neighbour.svg"), "A victim beside a noisy neighbour, relative to alone",
                [(name, loaded[0] / alone[0], loaded[2] / alone[2]) for name, alone, loaded in rows],
                "light: web server's answers, dark: database's transactions", top=1.0)


if __name__ == "__main__":
    main()
