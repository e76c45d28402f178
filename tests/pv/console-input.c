/* SPDX-License-Identifier: MIT */
/*
 * Console input: what is typed on the serial line reaches domain 0.
 *
 * Mechanism: the console's receiver buffers bytes for domain 0, raises VIRQ_CONSOLE and hands them
 * to CONSOLEIO_read, at most as many as asked for.
 * Steps: 1. bind VIRQ_CONSOLE; 2. ask the runner to type; 3. sleep until the event; 4. read in
 * pieces of three bytes and compare.
 * Fails by: a time-out while waiting, or the text that arrived.
 * Run with: input="ringlet!"
 * Runs as: domain 0.
 * Also runs on: real Xen, yes.
 */
#include "lib/event.h"
#include "lib/pv.h"

void test_main(void)
{
	char got[16] = "";
	unsigned int n = 0;
	int port;

	trap_init();
	shared_info_map();
	event_init();
	port = evtchn_bind_virq(VIRQ_CONSOLE, 0);
	ensure(port > 0, "bind_virq(VIRQ_CONSOLE): %d", port);
	printk("Type now\n");
	while (n < 8) {
		struct sched_poll poll = { .nr_ports = 1 };
		evtchn_port_t ports[1] = { port };
		long rc;

		set_xen_guest_handle(poll.ports, ports);
		expect(hv_sched_op(SCHEDOP_poll, &poll), 0, "poll");
		port_clear(port);
		while ((rc = hv_console_io(CONSOLEIO_read, 3, got + n)) > 0) {
			ensure(rc <= 3, "read of 3 returned %ld", rc);
			n += rc;
		}
		expect(rc, 0, "read");
	}
	expect(strcmp(got, "ringlet!"), 0, "got \"%s\"", got);
}
