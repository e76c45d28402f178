# SPDX-License-Identifier: MIT
# Policies against a machine of ours (sim.c): a clock, pCPUs and units, no vCPUs, domains or locks.
sched_SOURCES	:= hypervisor-stub/sched/runlist.c hypervisor-stub/sched/policy.c \
		   hypervisor-stub/sched/bvt.c
sched_HELPERS	:=
sched_FLAGS	:= -include tests/unit/sched/host.h -Ihypervisor-stub
sched_LIBS	:=
