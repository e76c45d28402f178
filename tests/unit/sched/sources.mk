# SPDX-License-Identifier: MIT
# Policies against a machine of ours (sim.c): a clock, pCPUs and units, no vCPUs, domains or locks.
sched_SOURCES	:= $(addprefix hypervisor-stub/sched/,runlist.c policy.c budget.c bvt.c credit.c)
sched_HELPERS	:= sim.c
sched_FLAGS	:= -include tests/unit/sched/host.h -Ihypervisor-stub
sched_LIBS	:=
