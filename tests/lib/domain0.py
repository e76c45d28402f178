# SPDX-License-Identifier: MIT
"""
What the tests of guests ask domain 0: what there is of everything, so that what is left behind can be seen.
"""
import re

from machine import Failed


def hypervisor_says(m, keys):
    """The hypervisor's lines after its debug keys, without their times."""
    before = m.console_end()
    m.run("; ".join(f"xl debug-keys {key}" for key in keys))
    return [line for _, line in re.findall(r"^\[ *(\d+\.\d+)\] (.*?)\r*$", m.console(before), re.M)]


def free_memory(m):
    """kB that the hypervisor had free when the last domain went."""
    found = re.findall(r"d\d+: gone, (\d+) kB free", m.console())
    return int(found[-1]) if found else None


def possessions(m):
    """All that a guest can leave behind: name -> what there is of it."""
    lines = hypervisor_says(m, "egmA")
    if not any(line.startswith("audit: clean") for line in lines):
        raise Failed("the audit is not clean:\n" + "\n".join(lines[-20:]))
    _, store = m.run("xenstore-ls / | grep -v 'error = \"\"$'")
    _, processes = m.run("ps -o args | grep -c -v -e ps -e grep")
    # Logs are files in memory.
    _, memory = m.run("for f in /var/log/xen/console/*; do : >$f; done; grep MemFree /proc/meminfo | grep -o '[0-9]*'")
    # Of the numbers only how many there are: who comes later has others.
    return {
        "event channels of domain 0": count(r" +port \d+: ", between(lines, "event channels of d0")),
        "grants in use": count(r" +grant \d+: ", lines),
        "heap of domain 0": next((line.split(" and ")[0] for line in lines if re.match(r"d0: \d+ bytes of heap", line)), None),
        "nodes of the store": store,
        "processes": processes,
        "kB free in domain 0": int(memory),
    }


def count(pattern, lines):
    return f"{sum(bool(re.match(pattern, line)) for line in lines)} of them"


def between(lines, head):
    """The lines that belong to one that begins so: those which are indented."""
    at = next((i for i, line in enumerate(lines) if line.startswith(head)), len(lines))
    out = []
    for line in lines[at + 1:]:
        if not line.startswith(" "):
            break
        out.append(line)
    return out


def difference(before, now, slack):
    for what, was in before.items():
        if isinstance(was, int) and was - slack <= now[what]:
            continue
        if now[what] != was:
            old, new = str(was).split("\n"), str(now[what]).split("\n")
            return "\n".join([f"{what} are not as before:"] + [f"- {line}" for line in old if line not in new] +
                             [f"+ {line}" for line in new if line not in old])
    return None


def settled(m):
    """What there is, when it has been the same for a while: whoever kept watch over a guest takes a moment to end."""
    before = possessions(m)
    for _ in range(20):
        m.run("usleep 300000")
        now = possessions(m)
        if not difference(before, now, 64):
            return now
        before = now
    raise Failed("it does not come to rest")


def check_same(m, before, slack=0):
    """Nothing was left behind. slack: kB that domain 0 may need more, for tables of programs that have grown."""
    for _ in range(20):
        said = difference(before, possessions(m), slack)
        if not said:
            return
        m.run("usleep 300000")
    raise Failed(said)


def create_foe(m, name, width, seed, rounds, disk, kernels="/tmp/apps", bridge="foe0"):
    """
    The hostile guest (tests/foe), on a network with domain 0 and its like: outside of QEMU it would meet that one's
    own user network, which is not made for it.
    """
    status, said = m.run(f"xl create -q /etc/xen/demo.cfg 'name=\"{name}\"' 'kernel=\"{kernels}/foe-{width}\"' memory=4 "
                         f"\"disk=['phy:/dev/{disk},xvda,w']\" "
                         f"\"vif=['mac=00:16:3e:00:01:{width},bridge={bridge}']\" 'root=\"\"' "
                         f"'extra=\"guest seed={seed} rounds={rounds}\"'", 60)
    if status != 0:
        raise Failed(f"xl create {name}: {said}")


def check_log(m, since, most):
    """
    The kernel's and hypervisor's lines since that place of the log: what a guest did wrong is said, not endlessly, and
    nothing else went wrong.
    """
    lines = re.findall(r"^\[ *\d+\.\d+\] .*", m.console(since), re.M)
    wrong = [line for line in lines if re.search(r"BUG|panic|oops|cannot unmap|no memory", line)]
    if wrong:
        raise Failed("\n".join(wrong[:10]))
    if not any("backend/" in line for line in lines) or len(lines) > most:
        raise Failed(f"{len(lines)} lines were said about them")


def wait_foe(m, name, timeout=120):
    """Until its rounds are done; what it said."""
    log = f"/var/log/xen/console/guest-{name}.log"
    _, said = m.run(f"n=0; while ! grep -q 'rounds done' {log} 2>/dev/null && [ $n -lt {timeout * 10} ]; do "
                    f"n=$((n + 1)); usleep 100000; done; cat {log}", timeout + 30)
    if "rounds done" not in said or "HOLE" in said:
        raise Failed(f"{name}: {said}")
    return said
