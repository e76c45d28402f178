#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Kernels that nobody here wrote boot on Ringmaster, and a toolstack makes domains there.

Linux 6.1 (the distribution's, 64-bit), as domain 0 and as an unprivileged domain, runs a shell from our
own ramdisk and powers off; as domain 0 it also drives disks and network cards of QEMU, whose interrupts
reach it by MSI-X and by a pin of the I/O APIC; Ringlet is a guest of that domain 0; GRUB's PV images of both widths,
as unprivileged domains, reach the point where they wait for xenstore.  Whatever happens, the audit at the end must find every count right.
"""

import argparse
import hashlib
import http.server
import os
import random
import re
import subprocess
import sys
import tempfile
import threading

import pexpect

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
INPUTS = os.path.join(TOP, "build", "inputs")
GRUB = os.path.join(INPUTS, "grub-xen", "grub-xen")


class Machine:
    """One QEMU with Ringmaster and some modules; its console is a pexpect session."""

    def __init__(self, args, memory, modules, options="loglvl=info guest_loglvl=error",
                 devices=(), cpus=1):
        command = ["-m", str(memory), "-smp", str(cpus), "-display", "none", "-serial", "stdio",
                   "-monitor", "none",
                   "-no-reboot", "-net", "none", "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
                   "-kernel", args.hypervisor, "-append", options, "-initrd", modules, *devices]
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

    def shell(self, command):
        """Run it in the guest's shell; what it said."""
        self.session.send(command + "; echo DO''NE $?\r")
        match = self.expect(r"(?s)\n(.*?)DONE (\d+)")
        if match[2] != "0":
            raise pexpect.EOF(f"{command}: status {match[2]}: {match[1]}")
        return match[1].replace("\r", "")

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


def linux_runs_on_four_processors(args):
    """As many vCPUs as processors: interrupts between them, remote flushes, work on all of them."""
    machine = Machine(args, 512, f"{INPUTS}/linux console=hvc0 quiet rdinit=/bin/sh,"
                                 f"{args.ramdisk}", cpus=4)
    try:
        machine.expect("built-in shell")
        machine.session.send("mkdir -p /proc /dev; mount -t proc none /proc; mount -t devtmpfs none /dev; grep -c ^processor /proc/cpuinfo\r")
        machine.expect(r"\s4\s")
        machine.session.send("for i in 1 2 3 4; do (dd if=/dev/zero bs=1M count=20 2>/dev/null | md5sum) & "
                             "done; wait; echo all $((1+1)) done\r")
        for _ in range(4):
            machine.expect("8f4e33f3dc3e414ff94e5fb6905cba8c")
        machine.expect("all 2 done")
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


def serve(content):
    """A web server of one file, on a free port."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def ramdisk_with_modules(args, scratch):
    """Our ramdisk, and after it one with the drivers: Linux unpacks both."""
    modules = os.path.join(INPUTS, "linux-modules")
    listing = os.path.join(scratch, "list")
    result = os.path.join(scratch, "ramdisk")
    with open(listing, "w", encoding="utf-8") as f:
        f.write(f"dir /modules 0755\ndir /mnt 0755\nfile /modules/order 0644 {modules}/order\n"
                f"files /modules 0644 {modules}/*.ko\n")
    subprocess.check_call([os.path.join(TOP, "tools", "mkinitramfs"), listing,
                           os.path.join(TOP, "build"), result + ".modules"])
    with open(result, "wb") as out:
        for part in (args.ramdisk, result + ".modules"):
            with open(part, "rb") as f:
                data = f.read()
            out.write(data + bytes(-len(data) % 4096))
    return result


def must(truth, what):
    if not truth:
        raise pexpect.EOF(what)


def use_disks(machine, known, size):
    """Read the known disk and write its other half; a file on the second disk's ext4."""
    said = machine.shell(f"head -c {size} /dev/vda | md5sum")
    must(hashlib.md5(known).hexdigest() in said, "the known disk reads otherwise: " + said)
    machine.shell(f"dd if=/dev/vda of=/dev/vda bs={size} count=1 seek=1 conv=fsync 2>/dev/null")
    machine.shell("mount -t ext4 /dev/vdb /mnt")
    machine.shell(f"head -c {size} /dev/vda > /mnt/copy; md5sum /mnt/copy")
    machine.shell("umount /mnt")


def use_network(machine, device, address, server, content):
    machine.shell(f"ifconfig {device} {address}.15 netmask 255.255.255.0 up")
    said = machine.shell(f"wget -q -O - http://{address}.2:{server.server_port}/ | md5sum")
    must(hashlib.md5(content).hexdigest() in said, f"{device} fetched something else: {said}")


def check_interrupts(table):
    for kind, device in (("msi-x", "virtio0-req.0"), ("msi-x", "virtio1-req.0"),
                         ("msi-x", "virtio2-input.0"), ("ioapic-level", "eth1")):
        line = re.search(rf"\d+: +(\d+) +xen-pirq +-{kind} +.*{device}", table)
        must(line and int(line[1]) > 0, f"no interrupts of {device} by {kind}:\n{table}")


def check_disks(known, size, raw, ext4):
    with open(raw, "rb") as f:
        must(f.read() == known * 2, "what was written to the disk is not there")
    subprocess.check_call(["/sbin/e2fsck", "-fn", ext4], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL)
    copy = subprocess.check_output(["/sbin/debugfs", "-R", "cat /copy", ext4],
                                   stderr=subprocess.DEVNULL)
    must(copy == known, f"the file in the ext4 is wrong ({len(copy)} of {size} bytes)")


def linux_drives_devices(args):
    """virtio disks and card by MSI-X, an e1000 by its line; both sides compare what arrived."""
    size = 2 << 20
    known = random.Random(1).randbytes(size)
    with tempfile.TemporaryDirectory() as scratch:
        raw, ext4 = os.path.join(scratch, "raw"), os.path.join(scratch, "ext4")
        with open(raw, "wb") as f:
            f.write(known + bytes(size))
        subprocess.check_call(["truncate", "-s", "16M", ext4])
        subprocess.check_call(["/sbin/mkfs.ext4", "-qF", ext4])
        server = serve(known)
        machine = Machine(
            args, 512, f"{INPUTS}/linux console=hvc0 quiet rdinit=/bin/sh,"
                       f"{ramdisk_with_modules(args, scratch)}",
            devices=["-drive", f"file={raw},format=raw,if=none,id=d0",
                     "-device", "virtio-blk-pci,drive=d0",
                     "-drive", f"file={ext4},format=raw,if=none,id=d1",
                     "-device", "virtio-blk-pci,drive=d1",
                     "-netdev", "user,id=n0", "-device", "virtio-net-pci,netdev=n0",
                     "-netdev", "user,id=n1,net=10.0.3.0/24", "-device", "e1000,netdev=n1"])
        try:
            machine.expect("built-in shell")
            machine.shell("mount -t proc proc /proc; mount -t devtmpfs dev /dev")
            machine.shell("for m in $(cat /modules/order); do insmod /modules/$m.ko || exit; done")
            use_disks(machine, known, size)
            use_network(machine, "eth0", "10.0.2", server, known)
            use_network(machine, "eth1", "10.0.3", server, known)
            check_interrupts(machine.shell("cat /proc/interrupts"))
            machine.session.send("poweroff -f\r")
            machine.expect("audit: clean")
            machine.session.expect(pexpect.EOF)
            check_disks(known, size, raw, ext4)
        except subprocess.CalledProcessError as wrong:
            raise pexpect.EOF(str(wrong)) from wrong
        finally:
            machine.close()
            server.shutdown()
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


def a_toolstack_makes_domains(args):
    """The distribution's xl, xenstored and xenconsoled on its Linux as domain 0 make, list, pause,
    weigh and destroy two domains: one that ends at once, and a Linux with two vCPUs."""
    machine = Machine(args, 768, f"{INPUTS}/linux console=hvc0 quiet rdinit=/toolstack,"
                                 f"{args.toolstack}",
                      "loglvl=info guest_loglvl=error dom0_mem=400M")

    def shell(command, *patterns):
        machine.session.send(command + "; echo $((6*7)) done\r")
        for pattern in patterns:
            machine.expect(pattern)
        machine.expect("42 done")

    try:
        machine.expect("the toolstack is there")
        shell("xl info | grep -e nr_ -e caps", r"nr_cpus +: 1", r"xen_caps +: xen-3.0-x86_64 xen-3.0-x86_32p")
        shell("xl create /boot/hello.cfg", "Test result: SUCCESS")
        shell("xl list", r"Domain-0 +0 +400 +1 +r-----", r"hello +1 +16 +1 +---s--")
        shell("xl destroy hello")
        shell("xl create /boot/linux.cfg")
        shell("until grep 'built-in shell' /var/log/xen/guest-linux.log; do sleep 1; done",
              "BusyBox v.*built-in shell")
        shell("xl vcpu-list linux", r"linux +2 +0 +0 +[-rb]", r"linux +2 +1 +0 +[-rb]")
        shell("xl pause linux; xl list linux", r"linux +2 +128 +2 +-[-b]p---")
        shell("xl unpause linux; xl list linux", r"linux +2 +128 +2 +[-rb]{2}----")
        shell("xl sched-credit2 -d linux -w 512; xl sched-credit2 -d linux", r"linux +2 +512 +0")
        shell("xl dmesg | grep 'scheduler:'", r"scheduler: bvt")
        shell("xl debug-keys q", r'd2 "d2": 64-bit')
        shell("xl destroy linux; xl list", r"Domain-0 +0 +400 +1 +r-----\s+[\d.]+\s+(?=42 done)")
        machine.session.send("poweroff -f\r")
        machine.expect("audit: clean")
    finally:
        machine.close()
    return machine


def tell_ringlet(machine, command):
    """A line for its console, by way of xenconsoled's terminal."""
    machine.shell(f"echo '{command}' > $(xenstore read /local/domain/1/console/tty)")


def wait_until(machine, condition):
    machine.shell(f"n=0; until {condition}; do n=$((n+1)); [ $n -lt 200 ] || break; usleep 100000; done; "
                  f"{condition}")


def use_ringlet(machine):
    """Its web server's files come from its disk and go through its network card."""
    log = "/var/log/xen/guest-ringlet.log"
    machine.shell("xl create /boot/ringlet.cfg")
    wait_until(machine, f"grep -q 'This is the guest' {log}")
    machine.shell("ping -c 2 10.9.0.2")
    tell_ringlet(machine, "dd if=/dev/urandom of=/var/www/data bs=64k count=32; sync; "
                          "md5sum /var/www/data; echo made$((6*7))")
    wait_until(machine, f"grep -q made42 {log}")
    written = re.search("[0-9a-f]{32}", machine.shell(f"grep /var/www/data {log} | tail -n 1"))
    said = machine.shell("wget -q -O - http://10.9.0.2/data | md5sum")
    must(written and written[0] in said, f"the web server sent something else: {written} {said}")


def use_unikernel(machine):
    """A program of the unikernel kit, in 4 MB, with Linux's console and network backends."""
    machine.shell("xl create /boot/httpd.cfg")
    wait_until(machine, "wget -q -O - http://10.9.0.3/ | grep -q 'Hello from ring 1'")
    machine.shell("xl destroy web")


def replug(machine, known):
    """A second disk comes, goes when its last reader has gone, and comes again under another number; so does a card."""
    log = "/var/log/xen/guest-ringlet.log"
    for name, number in (("xvdb", 51728), ("xvdc", 51744)):
        machine.shell(f"xl block-attach ringlet phy:/dev/vdb {name} w")
        tell_ringlet(machine, f"until [ -b /dev/{name} ]; do usleep 100000; done; md5sum /dev/{name}; "
                              f"dd if=/dev/{name} of=/dev/null & echo read{name[-1]}$((6*7))")
        wait_until(machine, f"grep -q read{name[-1]}42 {log}")
        machine.shell(f"xl block-detach ringlet {name}")
        wait_until(machine, f"! xl block-list ringlet | grep -q ^{number}")
    read = re.findall("([0-9a-f]{32})  /dev/xvd", machine.shell(f"cat {log}"))
    must(read == 2 * [hashlib.md5(known).hexdigest()], f"the second disk reads otherwise: {read}")
    machine.shell("xl network-detach ringlet 0")
    machine.shell("xl network-attach ringlet mac=00:16:3e:00:00:02 bridge=xenbr0")
    tell_ringlet(machine, "until ifconfig eth0 10.9.0.2 netmask 255.255.255.0 up; do usleep 100000; done")
    wait_until(machine, "ping -c 1 -W 1 10.9.0.2 >/dev/null")


def ringlet_is_a_guest_of_linux(args):
    """Ringlet's frontends with Linux's backends and the distribution's xl: its root is a disk of xen-blkback,
    its card ends in xen-netback, its console in xenconsoled; it gives memory back, takes it, and
    shuts down as it is told. The host's e2fsck judges the disk."""
    with tempfile.TemporaryDirectory() as scratch:
        disk = os.path.join(scratch, "disk")
        subprocess.check_call([os.path.join(TOP, "tools", "mkguestdisk"), disk, "24"],
                              stdout=subprocess.DEVNULL)
        second, known = os.path.join(scratch, "second"), random.Random(2).randbytes(1 << 20)
        with open(second, "wb") as f:
            f.write(known)
        toolstack = argparse.Namespace(**{**vars(args), "ramdisk": args.toolstack})
        machine = Machine(args, 768, f"{INPUTS}/linux console=hvc0 quiet rdinit=/toolstack,"
                                     f"{ramdisk_with_modules(toolstack, scratch)}",
                          "loglvl=info guest_loglvl=error dom0_mem=480M",
                          devices=["-drive", f"file={disk},format=raw,if=none,id=d0",
                                   "-device", "virtio-blk-pci,drive=d0",
                                   "-drive", f"file={second},format=raw,if=none,id=d1",
                                   "-device", "virtio-blk-pci,drive=d1"])
        try:
            machine.expect("the toolstack is there")
            machine.shell("for m in $(cat /modules/order); do insmod /modules/$m.ko || exit; done")
            machine.shell("brctl addbr xenbr0 && ifconfig xenbr0 10.9.0.1 netmask 255.255.255.0 up")
            use_ringlet(machine)
            use_unikernel(machine)
            replug(machine, known)
            for size in (12, 16):
                machine.shell(f"xl mem-set ringlet {size}")
                wait_until(machine, f"xl list ringlet | grep -q ' {size} *1 '")
            machine.shell("xl shutdown -w ringlet")
            wait_until(machine, "! xl domid ringlet 2>/dev/null")
            machine.session.send("poweroff -f\r")
            machine.expect("audit: clean")
            machine.session.expect(pexpect.EOF)
            subprocess.check_call(["/sbin/e2fsck", "-fn", disk], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        except subprocess.CalledProcessError as wrong:
            raise pexpect.EOF(str(wrong)) from wrong
        finally:
            machine.close()
    return machine


TESTS = {
    "linux-6.1": linux_runs_a_shell,
    "linux-6.1-devices": linux_drives_devices,
    "linux-6.1-smp": linux_runs_on_four_processors,
    "linux-6.1-domu": linux_runs_unprivileged,
    "toolstack": a_toolstack_makes_domains,
    "ringlet-on-linux": ringlet_is_a_guest_of_linux,
    "grub-32": grub_waits_for_the_store("grub-i386-xen.bin"),
    "grub-64": grub_waits_for_the_store("grub-x86_64-xen.bin"),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hypervisor", default="build/ringmaster")
    parser.add_argument("--ramdisk", default="build/initramfs.cpio")
    parser.add_argument("--toolstack", default="build/toolstack.cpio")
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
