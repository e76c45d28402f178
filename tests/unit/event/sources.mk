# SPDX-License-Identifier: MIT
# Ports and delivery over two domains of ours; the neighbours are those of tests/unit/abi.
event_SOURCES	:= hypervisor-stub/event/evtchn.c hypervisor-stub/event/bind.c \
		   hypervisor-stub/event/send.c hypervisor-stub/event/virq.c hypervisor-stub/event/fifo.c
event_HELPERS	:= world.c irq.c
event_FLAGS	:= -include tests/unit/abi/host/base.h -Itests/unit/abi/host -Ihypervisor-stub \
		   -I$(O)/hv/gen

$(UT)/event/hypervisor-stub/event/evtchn.o $(UT)/event/hypervisor-stub/event/bind.o \
$(UT)/event/hypervisor-stub/event/send.o $(UT)/event/hypervisor-stub/event/virq.o $(UT)/event/hypervisor-stub/event/fifo.o \
$(UT)/event/tests/unit/event/world.o $(UT)/event/tests/unit/event/irq.o \
$(UT)/event/tests/unit/event/ports_test.o: $(O)/hv/gen/offsets32.h
