/* SPDX-License-Identifier: MIT */
/*
 * Why something was refused (law 3): one line that a person who ports a kernel can act on.
 *
 * The line goes to our log and to the log that crash reports keep of the domain. EPERM, EINVAL and
 * EFAULT are warnings: a correct kernel does not meet them. A probe ("is it there?") is for debugging.
 */
#include "console/console.h"
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "lib/vsnprintf.h"

#define TEXT_MAX   300
#define PREFIX_MAX 64

static enum log_level level_of(long rc)
{
	return rc == -EPERM || rc == -EINVAL || rc == -EFAULT ? LOG_WARNING : LOG_DEBUG;
}

void log_guest(const struct vcpu *v, enum log_level level, const char *fmt, ...)
{
	char prefix[PREFIX_MAX];
	va_list ap;

	if (!log_guest_wanted(level))
		return;
	snprintf(prefix, sizeof(prefix), "(d%uv%u) ", v->domain->id, v->id);
	va_start(ap, fmt);
	log_with_prefix(prefix, fmt, ap);
	va_end(ap);
}

/* "(d1v0) refused mmu_update[3]: " */
static void make_prefix(char *prefix, const struct vcpu *v)
{
	const char *call = v->call_name ? v->call_name : "?";

	if (v->call_index != CALL_NO_INDEX)
		snprintf(prefix, PREFIX_MAX, "(d%uv%u) refused %s[%u]: ", v->domain->id, v->id,
			 call, v->call_index);
	else
		snprintf(prefix, PREFIX_MAX, "(d%uv%u) refused %s: ", v->domain->id, v->id, call);
}

long refuse(long rc, const char *fmt, ...)
{
	const struct vcpu *v = current;
	char text[TEXT_MAX], prefix[PREFIX_MAX];
	va_list ap;

	if (!log_guest_wanted(level_of(rc)))
		return rc;
	/* The builder's own validation happens while no guest runs. */
	if (!v || v->domain->id >= DOMID_FIRST_RESERVED)
		snprintf(prefix, sizeof(prefix), "refused while building a domain: ");
	else
		make_prefix(prefix, v);
	snprintf(text, sizeof(text), "%s (%ld)", fmt, rc);
	va_start(ap, fmt);
	log_with_prefix(prefix, text, ap);
	va_end(ap);
	return rc;
}
