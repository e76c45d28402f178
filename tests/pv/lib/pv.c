/* SPDX-License-Identifier: MIT */
/*
 * What a test runs in: console output, the tally of outcomes, the end.
 *
 * Only console_io and SCHEDOP_shutdown are needed, so that a test can say what is wrong on a
 * hypervisor on which hardly anything works yet. A guest that a test's domain 0 made writes to its
 * console ring instead, which works on every hypervisor, and tells its result by the shutdown reason.
 */
#include "pv.h"

#include <xen/io/console.h>

void pv_main(start_info_t *si) __attribute__((noreturn));

struct entry_regs entry_regs;
const char *smp_stacks;
unsigned int smp_stack_size, smp_stack_count;

static enum result worst = SUCCESS;

unsigned int this_vcpu(void)
{
	unsigned long offset =
		(unsigned long)__builtin_frame_address(0) - (unsigned long)smp_stacks;

	if (!smp_stacks || offset >= (unsigned long)smp_stack_size * smp_stack_count)
		return 0;
	return 1 + (unsigned int)offset / smp_stack_size;
}

/* Made by the test's domain 0 (lib/toolstack.h), whose command lines begin so. */
static bool made_by_toolstack(void)
{
	return !strncmp((const char *)start_info->cmd_line, GUEST_MARK, sizeof(GUEST_MARK) - 1);
}

/* The reader empties the ring between other work: wait for room, but not for ever. */
static void ring_write(const char *text, int n)
{
	struct xencons_interface *ring = pfn_to_virt(mfn_to_pfn(MFN(start_info->console.domU.mfn)));
	struct evtchn_send send = { .port = start_info->console.domU.evtchn };
	static unsigned int busy;

	while (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
		hv_sched_op(SCHEDOP_yield, NULL);
	for (unsigned int patience = 10000; n && patience;) {
		XENCONS_RING_IDX at = ring->out_prod;

		if (at - __atomic_load_n(&ring->out_cons, __ATOMIC_ACQUIRE) >= sizeof(ring->out)) {
			hv_sched_op(SCHEDOP_yield, NULL);
			patience--;
			continue;
		}
		ring->out[MASK_XENCONS_IDX(at, ring->out)] = *text++;
		__atomic_store_n(&ring->out_prod, at + 1, __ATOMIC_RELEASE);
		n--;
	}
	__atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
	hv_event_channel_op(EVTCHNOP_send, &send);
}

static void vprintk(const char *fmt, va_list ap)
{
	char buf[512];
	int n = vsnprintf(buf, sizeof(buf), fmt, ap);

	if (n >= (int)sizeof(buf))
		n = sizeof(buf) - 1;
	if (made_by_toolstack())
		ring_write(buf, n);
	else
		hv_console_io(CONSOLEIO_write, n, buf);
}

void printk(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintk(fmt, ap);
	va_end(ap);
}

static void vreport(enum result r, const char *fmt, va_list ap)
{
	static const char *const labels[] = { "ok: ", "Skip: ", "Error: ", "Failure: " };

	if (r > worst)
		worst = r;
	printk("%s", labels[r]);
	vprintk(fmt, ap);
}

void test_report(enum result r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vreport(r, fmt, ap);
	va_end(ap);
	printk("\n");
}

void test_exit(void)
{
	static const char *const words[] = { "SUCCESS", "SKIP", "ERROR", "FAILURE" };
	struct sched_shutdown arg = { .reason = SHUTDOWN_poweroff };

	if (!made_by_toolstack())
		printk("Test result: %s\n", words[worst]);
	else if (worst >= ERROR)
		arg.reason = SHUTDOWN_crash;
	for (;;)
		hv_sched_op(SCHEDOP_shutdown, &arg);
}

void expect_death(const char *why)
{
	printk("Expecting death: %s\n", why);
}

const char *errno_name(long rc)
{
	/* clang-format off */
#define XEN_ERRNO(name, value) { #name, value },
	static const struct {
		const char *name;
		int value;
	} errors[] = {
#include <xen/errno.h>
	};
	/* clang-format on */

	for (unsigned int i = 0; i < ARRAY_SIZE(errors); i++)
		if (errors[i].value == -rc)
			return errors[i].name;
	return rc ? "no error number" : "success";
}

void expect(long got, long want, const char *fmt, ...)
{
	va_list ap;

	if (got == want)
		return;
	va_start(ap, fmt);
	vreport(FAILURE, fmt, ap);
	va_end(ap);
	printk(": got %ld/%#lx (%s), want %ld/%#lx (%s)\n", got, got, errno_name(got), want, want,
	       errno_name(want));
}

void expect_u64(uint64_t got, uint64_t want, const char *fmt, ...)
{
	va_list ap;

	if (got == want)
		return;
	va_start(ap, fmt);
	vreport(FAILURE, fmt, ap);
	va_end(ap);
	printk(": got %#llx, want %#llx\n", (unsigned long long)got, (unsigned long long)want);
}

static void print_exc(exc_t e)
{
	if (e == EXC_NONE)
		printk("no exception");
	else
		printk("%s(%#x) [vector %u]", vector_name(EXC_VECTOR(e)), EXC_ERROR(e),
		       EXC_VECTOR(e));
}

void expect_exc(exc_t got, exc_t want, const char *fmt, ...)
{
	va_list ap;

	if (got == want)
		return;
	va_start(ap, fmt);
	vreport(FAILURE, fmt, ap);
	va_end(ap);
	printk(": got ");
	print_exc(got);
	printk(", want ");
	print_exc(want);
	printk("\n");
}

void ensure(bool truth, const char *fmt, ...)
{
	va_list ap;

	if (truth)
		return;
	va_start(ap, fmt);
	vreport(FAILURE, fmt, ap);
	va_end(ap);
	printk("\n");
}

domid_t own_domid(void)
{
	struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	struct evtchn_status status = { .dom = DOMID_SELF };
	struct evtchn_close close;

	/* The hypervisor resolves DOMID_SELF when it stores the remote end. */
	if (hv_event_channel_op(EVTCHNOP_alloc_unbound, &alloc))
		return DOMID_INVALID;
	status.port = close.port = alloc.port;
	if (hv_event_channel_op(EVTCHNOP_status, &status))
		return DOMID_INVALID;
	hv_event_channel_op(EVTCHNOP_close, &close);
	return status.u.unbound.dom;
}

unsigned long argument(const char *name, unsigned long otherwise)
{
	const char *at = strstr((const char *)start_info->cmd_line, name);

	return at ? strtoul(at + strlen(name), NULL, 0) : otherwise;
}

void pv_main(start_info_t *si)
{
	start_info = si;
	test_main();
	test_exit();
}

bool on_ringmaster(void)
{
	static char extra[XEN_EXTRAVERSION_LEN];

	hv_xen_version(XENVER_extraversion, extra);
	return strstr(extra, "ringmaster") != NULL;
}
