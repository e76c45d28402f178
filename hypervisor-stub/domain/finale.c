/* SPDX-License-Identifier: MIT */
/*
 * How the machine ends: with domain 0, whose devices everybody needs, or with the last domain.
 *
 * What domain 0's reason does to the machine is real Xen's (observed32.md 5.3). Before it goes all memory
 * is recounted, so that every run is a test of it. No locks: nobody comes back from here.
 */
#include "boot/options.h"
#include "console/console.h"
#include "domain/life.h"

#define EXIT_CLEAN 0
#define EXIT_DIRTY 1 /* the audit found differences, or domain 0 crashed */

/* Recount all memory before the machine goes: every run is a test of it. */
static bool audit_clean(void)
{
	unsigned int differences = mm_audit();

	if (differences)
		log_error("audit: %u differences", differences);
	else
		log_info("audit: clean");
	return !differences;
}

noreturn void machine_end(bool ok)
{
	ok = audit_clean() && ok;
	machine_poweroff(ok ? EXIT_CLEAN : EXIT_DIRTY);
}

static noreturn void machine_restart(void)
{
	(void)audit_clean();
	machine_reboot();
}

static noreturn void crashed_or_unknown(void)
{
	if (option_flag("noreboot")) {
		log_error("'noreboot' set: the machine ends here");
		machine_end(false);
	}
	log_error("rebooting machine");
	machine_restart();
}

noreturn void machine_follows(struct domain *d, unsigned int reason)
{
	switch (reason) {
	case SHUTDOWN_poweroff:
		log_info("Hardware Dom%u halted: halting machine", d->id);
		machine_end(true);
	case SHUTDOWN_reboot:
		log_info("Hardware Dom%u shutdown: rebooting machine", d->id);
		machine_restart();
	case SHUTDOWN_watchdog:
		log_error("Hardware Dom%u shutdown: watchdog rebooting machine", d->id);
		machine_restart();
	case SHUTDOWN_soft_reset:
		log_error("Hardware domain %u did unsupported soft reset, rebooting", d->id);
		machine_restart();
	case SHUTDOWN_crash:
		log_error("Hardware Dom%u crashed", d->id);
		crashed_or_unknown();
	default:
		log_error("Hardware Dom%u shutdown: unknown reason %u", d->id, reason);
		crashed_or_unknown();
	}
}
