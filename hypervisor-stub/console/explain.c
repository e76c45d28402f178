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

#define TEXT_MAX 300

static enum log_level level_of(long rc)
{
	return rc == -EPERM || rc == -EINVAL || rc == -EFAULT ? LOG_WARNING : LOG_DEBUG;
}

long refuse(long rc, const char *fmt, ...)
{
	struct vcpu *v = current;
	char text[TEXT_MAX], element[16] = "";
	va_list ap;

	if (!log_guest_wanted(level_of(rc)))
		return rc;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!v || v->domain->id >= DOMID_FIRST_RESERVED) {
		/* The builder's own validation: no guest runs yet. */
		log_warning("refused while building a domain: %s (%ld)", text, rc);
		return rc;
	}
	if (v->call_index != CALL_NO_INDEX)
		snprintf(element, sizeof(element), "[%u]", v->call_index);
	log_guest_line(v, "refused %s%s: %s (%ld)", v->call_name ? v->call_name : "?", element,
		       text, rc);
	return rc;
}
