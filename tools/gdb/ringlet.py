# SPDX-License-Identifier: MIT
"""
gdb commands for a machine that runs Ringmaster: domains, vCPUs, frame records, page-table walks.

Names and layouts of structures come from the debug information, numbers that exist only as macros
from the hypervisor's headers, so nothing here repeats them. Page tables are read as physical memory
(a packet of QEMU's stub), so a walk works in every state of the machine, also before paging.
"""
import os
import re
import socket

import gdb

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = 4096
FLAGS = [(0, "P"), (1, "RW"), (2, "US"), (3, "PWT"), (4, "PCD"), (5, "A"), (6, "D"), (7, "PS"),
         (8, "G"), (63, "NX")]


def macro(header, name):
    """The value of a simple macro of the hypervisor."""
    with open(os.path.join(TOP, "hypervisor-stub", header), encoding="utf-8") as f:
        match = re.search(rf"#define\s+{name}\s+(.*?)\s*(/\*|$)", f.read(), re.M)
    if not match:
        raise gdb.GdbError(f"{header} defines no {name}")
    text = re.sub(r"L4_SLOT_VA\((\d+)\)", r"(0xffff000000000000+(\1<<39))", match[1])
    return int(eval(re.sub(r"(?<=[0-9a-fA-F])U?L*\b", "", text), {}))  # a constant of our own header


def physical(address, size):
    """Read physical memory."""
    gdb.execute("maintenance packet Qqemu.PhyMemMode:1", to_string=True)
    try:
        return bytes(gdb.selected_inferior().read_memory(address, size))
    finally:
        gdb.execute("maintenance packet Qqemu.PhyMemMode:0", to_string=True)
        gdb.execute("maintenance flush dcache", to_string=True)


def number(expression):
    return int(gdb.parse_and_eval(expression))


def domains():
    """Every struct domain on the list."""
    kind = gdb.lookup_type("struct domain")
    offset = next(f.bitpos // 8 for f in kind.fields() if f.name == "all")
    head = gdb.parse_and_eval("&domain_list")
    node = head["next"]
    while node != 0 and node != head:
        yield gdb.Value(int(node) - offset).cast(kind.pointer()).dereference()
        node = node["next"]


def vcpus(domain):
    for n in range(int(domain["max_vcpus"])):
        if domain["vcpu"][n] != 0:
            yield domain["vcpu"][n].dereference()


def vcpu_name(v):
    return f"d{int(v['domain']['id'])}v{int(v['id'])}"


def find_vcpu(name):
    for domain in domains():
        for v in vcpus(domain):
            if vcpu_name(v) == name:
                return v
    raise gdb.GdbError(f"no vCPU {name}; `rl vcpus` lists them")


def running_on(v):
    """The number of the pCPU that runs v, or None."""
    for n in range(number("pcpu_count")):
        if gdb.parse_and_eval(f"pcpus[{n}].running") == v.address:
            return n
    return None


def registers(v):
    """Saved registers: on the pCPU's stack while it runs, else in the vCPU."""
    cpu = running_on(v)
    if cpu is None:
        return v["regs"]
    info = gdb.lookup_type("struct cpu_info")
    size = macro("cpu/cpu.h", "STACK_SHIFT")
    top = number(f"(unsigned long)&pcpu_stacks[{cpu}]") + (1 << size)
    return gdb.Value(top - info.sizeof).cast(info.pointer()).dereference()["regs"]


def frame_words(mfn):
    """What the record of a frame says, in words."""
    if mfn >= number("max_mfn.mfn"):
        return "no record"
    f = gdb.parse_and_eval(f"((struct frame *){macro('mm/layout.h', 'FRAME_TABLE_VA'):#x})[{mfn}]")
    refs, use, owner = int(f["refs"]), int(f["use"]), int(f["owner"])
    names = {int(x.enumval): x.name[3:] for x in gdb.lookup_type("enum frame_type").fields()}
    words = [f"owner {owner}", f"refs {refs & (1 << 56) - 1}"]
    words += [n for b, n in ((63, "owned"), (62, "ours")) if refs >> b & 1]
    words.append(f"type {names.get(use >> 61, use >> 61)} x {use & (1 << 48) - 1}")
    words += [n for b, n in ((60, "pinned"), (59, "valid"), (58, "partial"), (57, "undo"),
                             (56, "busy")) if use >> b & 1]
    if use >> 58 & 1:
        words.append(f"done {int(f['done'])}")
    return ", ".join(words)


def pfn_of(mfn):
    try:
        at = macro("mm/layout.h", "M2P_VA") + mfn * 8
        return int.from_bytes(bytes(gdb.selected_inferior().read_memory(at, 8)), "little")
    except gdb.MemoryError:
        return (1 << 64) - 1


def entry_words(entry):
    flags = " ".join(n for b, n in FLAGS if entry >> b & 1)
    mfn = entry >> 12 & (1 << 40) - 1
    pfn = pfn_of(mfn)
    where = f"mfn {mfn:#x}" + (f" pfn {pfn:#x}" if pfn < 1 << 40 else "")
    return f"{entry:016x}  {where}  [{flags}]"


class Rl(gdb.Command):
    """Ringmaster and Ringlet: what runs, what memory is, where an address leads."""

    def __init__(self):
        super().__init__("rl", gdb.COMMAND_USER, prefix=True)


class Command(gdb.Command):
    def __init__(self, name):
        super().__init__("rl " + name, gdb.COMMAND_USER)


class Domains(Command):
    """rl domains: every domain, its width, state and memory."""

    def invoke(self, argument, from_tty):
        for d in domains():
            count = sum(1 for _ in vcpus(d))
            limit = int(d["max_pages"]) * 4
            print(f"d{int(d['id'])}  {d['name'].string()}  {32 if d['is_32bit'] else 64}-bit"
                  f"{'  privileged' if d['privileged'] else ''}  {d['state']}"
                  f"  {int(d['tot_pages']) * 4} KB" + (f" of {limit}" if limit < 1 << 33 else "") +
                  f"  {count} vCPU")


class Vcpus(Command):
    """rl vcpus: every vCPU, where it runs or why it does not, and its registers."""

    def invoke(self, argument, from_tty):
        for d in domains():
            for v in vcpus(d):
                cpu = running_on(v)
                s = v["sched"]
                state = (f"on pCPU {cpu}" if cpu is not None else "down" if s["down"] else
                         "polling" if s["in_poll"] else "blocked" if s["blocked"] else "runnable")
                r = registers(v)
                print(f"{vcpu_name(v)}  {state}  cr3 {int(v['cr3']['maddr']):#x}")
                print(f"    {int(r['cs']) & 0xffff:04x}:{int(r['rip']):016x}"
                      f"  {int(r['ss']) & 0xffff:04x}:{int(r['rsp']):016x}"
                      f"  flags {int(r['rflags']):x}")
                print("    " + "  ".join(f"{n} {int(r[n]):x}" for n in
                                         ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp")))


class Frame(Command):
    """rl frame MFN [COUNT]: the record of machine frames: owner, references, type."""

    def invoke(self, argument, from_tty):
        args = gdb.string_to_argv(argument)
        if not args:
            raise gdb.GdbError("rl frame MFN [COUNT]")
        first = number(args[0])
        for mfn in range(first, first + (number(args[1]) if len(args) > 1 else 1)):
            print(f"mfn {mfn:#x}: {frame_words(mfn)}")


class Walk(Command):
    """rl walk VADDR [dNvM]: the page-table walk of an address, in a vCPU's tables or in CR3's."""

    def invoke(self, argument, from_tty):
        args = gdb.string_to_argv(argument)
        if not args:
            raise gdb.GdbError("rl walk VADDR [dNvM]")
        va = number(args[0]) & (1 << 64) - 1
        root = (int(find_vcpu(args[1])["cr3"]["maddr"]) if len(args) > 1
                else number("(unsigned long)$cr3"))
        table = root >> 12 & (1 << 40) - 1
        for level in (4, 3, 2, 1):
            index = va >> 12 + 9 * (level - 1) & 511
            entry = int.from_bytes(physical(table * PAGE + index * 8, 8), "little")
            print(f"L{level} mfn {table:#x} ({frame_words(table)})")
            print(f"    [{index:3}] {entry_words(entry)}")
            if not entry & 1:
                print("    not present")
                return
            table = entry >> 12 & (1 << 40) - 1
            if level > 1 and entry >> 7 & 1:
                table += va >> 12 & (1 << 9 * (level - 1)) - 1
                break
        print(f"{va:#x} is mfn {table:#x} + {va & 4095:#x} ({frame_words(table)})")


class Calls(Command):
    """rl calls dNvM: the last hypercalls of a vCPU, oldest first."""

    def invoke(self, argument, from_tty):
        v = find_vcpu(argument.strip() or "d0v0")
        size = v["history"].type.range()[1] + 1
        after = int(v["history_next"])
        for n in range(max(0, after - size), after):
            r = v["history"][n % size]
            args = " ".join(f"{int(r['args'][i]):x}" for i in range(6))
            print(f"hypercall {int(r['nr'])}: {args} -> {int(r['rc'])}")


class Console(Command):
    """rl console [LINES]: the end of the machine's console output."""

    def invoke(self, argument, from_tty):
        count = int(argument or 20)
        with open(os.path.join(TOP, "build/gdb/console.log"), encoding="utf-8",
                  errors="replace") as f:
            print("".join(f.readlines()[-count:]).replace("\r", ""))


class Type(Command):
    """rl type TEXT: type a line on the machine's console (let it run afterwards)."""

    def invoke(self, argument, from_tty):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(os.path.join(TOP, "build/gdb/console.sock"))
            s.sendall(argument.encode() + b"\r")


Rl()
for name, command in (("domains", Domains), ("vcpus", Vcpus), ("frame", Frame), ("walk", Walk),
                      ("calls", Calls), ("console", Console), ("type", Type)):
    command(name)
