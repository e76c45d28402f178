# SPDX-License-Identifier: MIT
# lwIP from the distribution's source package, unmodified, compiled for the kernel: include/ is the port.

LWIP		:= $(O)/inputs/lwip
LWIP_CORE	:= $(addprefix core/,def inet_chksum init ip mem memp netif pbuf raw tcp tcp_in tcp_out timeouts \
		   udp) $(addprefix core/ipv4/,etharp icmp ip4 ip4_addr ip4_frag) netif/ethernet
LWIP_FLAGS	:= -Ilib/lwip/include -isystem $(LWIP)/src/include
LWIP_O		:= $(LWIP_CORE:%=$(O)/ringlet.d/lwip/%.o)
LWIP_READY	:= $(LWIP)/.ready

$(LWIP_READY): | $(SETUP)
	$(Q)[ -d $(LWIP) ] || tools/fetch lwip
	@touch $@

# Not our code, so not our warnings.
$(LWIP_O): $(O)/ringlet.d/lwip/%.o: $(LWIP_READY) $(wildcard lib/lwip/include/*.h) lib/lwip/include/arch/cc.h
	$(call say,CC,lwip/$*.c)
	@mkdir -p $(@D)
	$(Q)$(CC) $(RLF) -w $(LWIP_FLAGS) -isystem lib/lwip/include/shim -c -o $@ $(LWIP)/src/$*.c
