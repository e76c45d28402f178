# SPDX-License-Identifier: MIT
sched_SOURCES	:= hypervisor-stub/sched/rr.c
sched_HELPERS	:=
sched_FLAGS	:= -Ihypervisor-stub -I. -include stdint.h
sched_LIBS	:=
