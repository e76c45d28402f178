#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Random instructions through the hypervisor's decoder and through objdump: lengths must agree.

    fuzz_decode.py DRIVER [--count N] [--seed S]

Each instruction lies in a slot of its own, followed by NOPs, so that objdump's sweep is in step again
at the next one. Where objdump sees no instruction, or one coded with VEX, EVEX or XOP, which the
decoder leaves alone, any answer is right. Prints one line a disagreement, and fails if there is one.
"""

import argparse
import random
import re
import subprocess
import sys
import tempfile

SLOT = 32
CODE = 15
MACHINES = {16: "i8086", 32: "i386", 64: "i386:x86-64"}
PREFIXES = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3]
LINE = re.compile(r"^\s*([0-9a-f]+):\t([0-9a-f ]+?)\s*(?:\t(.*))?$")
# Another maker's instructions, and FWAIT, which objdump joins with what follows.
LEFT_OUT = re.compile(r"\b(xsha|xcrypt|xstore|montmul|f[a-z]+|wait)")
# What objdump calls a prefix that it could not attach to what follows.
LONE_PREFIX = re.compile(r"^((rex(\.[WRXB]*)?|data16|data32|addr16|addr32|lock|repn?z|repz?|"
                         r"[c-g]s|ss|bnd|notrack|xacquire|xrelease)\s*)+$")


def random_instruction(rng, bits):
    """Prefixes, an opcode of any map, and random bytes."""
    code = [rng.choice(PREFIXES) for _ in range(rng.choice((0, 0, 0, 1, 1, 2)))]
    if bits == 64 and rng.random() < 0.4:
        code.append(rng.randrange(0x40, 0x50))
    escape = rng.random()
    if escape > 0.9:
        code += [0x0f, rng.choice((0x38, 0x3a))]
    elif escape > 0.5:
        code.append(0x0f)
    code += [rng.randrange(256) for _ in range(CODE)]
    return bytes(code[:CODE])


def reference(codes, bits):
    """(length, text) of each instruction by objdump; length 0 if it sees none."""
    with tempfile.NamedTemporaryFile() as f:
        f.write(b"".join(c + b"\x90" * (SLOT - len(c)) for c in codes))
        f.flush()
        out = subprocess.run(["objdump", "-D", "-z", "-w", "-b", "binary", "-m", MACHINES[bits],
                              "--insn-width=16", f.name],
                             check=True, capture_output=True, text=True).stdout
    found = {}
    for line in out.splitlines():
        m = LINE.match(line)
        if m and int(m[1], 16) % SLOT == 0:
            text = m[3] or ""
            good = text and "(bad)" not in text and not LONE_PREFIX.match(text)
            found[int(m[1], 16) // SLOT] = (len(m[2].split()) if good else 0, text)
    return [found.get(i, (0, "")) for i in range(len(codes))]


def ours(driver, codes, bits):
    """The decoder's answers."""
    text = "".join(f"{bits} {c.hex()}\n" for c in codes)
    out = subprocess.run([driver], input=text, check=True, capture_output=True, text=True).stdout
    return [int(n) for n in out.split()]


def is_vector_coded(code, bits):
    """VEX, EVEX or XOP, by the first byte that is no legacy prefix."""
    rest = code.lstrip(bytes(PREFIXES))
    if bits == 64 and rest and 0x40 <= rest[0] < 0x50:
        rest = rest.lstrip(bytes(range(0x40, 0x50)))
    return bool(rest) and rest[0] in (0xc4, 0xc5, 0x62, 0x8f)


def near_branch_16(code, bits):
    """Operand-sized near branches of 64-bit code: Intel and AMD differ (decode.c says whom we follow)."""
    return bits == 64 and 0x66 in code[:4]


def main():
    """Compare `count` instructions of each width."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("driver")
    parser.add_argument("--count", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    compared = wrong = 0
    for bits in MACHINES:
        codes = [random_instruction(rng, bits) for _ in range(args.count)]
        for code, mine, (theirs, text) in zip(codes, ours(args.driver, codes, bits),
                                              reference(codes, bits)):
            if not theirs or (not mine and is_vector_coded(code, bits)):
                continue
            if mine != theirs and LEFT_OUT.search(text) and (not mine or 0x9b in code[:4]):
                continue
            if near_branch_16(code, bits) and re.search(r"\b(call|jmp|j[a-z]+|xbegin)", text):
                continue
            compared += 1
            if mine != theirs:
                wrong += 1
                print(f"{bits}-bit {code.hex()}: {mine}, objdump {theirs} ({text})")
    print(f"{compared} instructions compared, {wrong} wrong (seed {args.seed})")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
