/* SPDX-License-Identifier: MIT */
/*
 * The report of a guest that died: all that its author would want to see, once, in one place.
 *
 * May run for the current vCPU (its registers are on the stack, its address space is live) or for one
 * that does not run. Reads guest memory through faulting copies only, so a broken guest cannot hurt.
 */
#include "abi/dispatch.h"
#include "console/console.h"
#include "lib/guestimage/guestimage.h"
#include "lib/string.h"
#include "lib/vsnprintf.h"
#include "pv/internal.h"

#define CODE_BEFORE 8
#define CODE_BYTES  24
#define STACK_LINES 8
#define LINE_BYTES  128

static const struct cpu_user_regs *registers(const struct vcpu *v)
{
	/* On another pCPU's stack they are as it came in, if it is in the hypervisor; the caller stopped it. */
	return READ_ONCE(v->sched.running) ? &v->sched.cpu->info->regs : &v->regs;
}

/* " kernel_function+0x12", or nothing. */
static const char *symbol(const struct vcpu *v, uint64_t address, char *buf, size_t size)
{
	uint64_t offset = 0;
	const char *name =
		v->domain->symbols ? guest_symbol_at(v->domain->symbols, address, &offset) : NULL;

	buf[0] = '\0';
	if (name)
		snprintf(buf, size, " %s+0x%lx", name, offset);
	return buf;
}

static void report_registers32(const struct cpu_user_regs *r)
{
	log_error("  eax %08x  ebx %08x  ecx %08x  edx %08x", (uint32_t)r->rax, (uint32_t)r->rbx,
		  (uint32_t)r->rcx, (uint32_t)r->rdx);
	log_error("  esi %08x  edi %08x  ebp %08x", (uint32_t)r->rsi, (uint32_t)r->rdi,
		  (uint32_t)r->rbp);
}

static void report_registers64(const struct cpu_user_regs *r)
{
	log_error("  rax %016lx  rbx %016lx  rcx %016lx", r->rax, r->rbx, r->rcx);
	log_error("  rdx %016lx  rsi %016lx  rdi %016lx", r->rdx, r->rsi, r->rdi);
	log_error("  rbp %016lx  r8  %016lx  r9  %016lx", r->rbp, r->r8, r->r9);
	log_error("  r10 %016lx  r11 %016lx  r12 %016lx", r->r10, r->r11, r->r12);
	log_error("  r13 %016lx  r14 %016lx  r15 %016lx", r->r13, r->r14, r->r15);
}

static void report_registers(const struct vcpu *v, const struct cpu_user_regs *r)
{
	int digits = v->domain->is_32bit ? 8 : 16;
	char where[LINE_BYTES];

	log_error("  ip %04x:%0*lx%s", r->cs, digits, r->rip,
		  symbol(v, r->rip, where, sizeof(where)));
	log_error("  sp %04x:%0*lx  flags %08lx  %s mode", r->ss, digits, r->rsp, r->rflags,
		  pv_in_kernel(v, r) ? "kernel" : "user");
	if (v->domain->is_32bit)
		report_registers32(r);
	else
		report_registers64(r);
	log_error("  cr2 %0*lx  root mfn %lx  upcalls %s", digits, vcpu_get_cr2(v),
		  v->kernel_root ? mfn_x(frame_to_mfn(v->kernel_root)) : 0,
		  vcpu_upcall_mask(v) ? "masked" : "open");
}

/* Bytes around rip, the one at rip in brackets; what cannot be read is shown as such. */
static void report_code(struct vcpu *v, const struct cpu_user_regs *r)
{
	char line[LINE_BYTES];
	size_t n = 0;
	uint64_t va;

	if (!guest_code_address(v, r, &va))
		return;
	for (unsigned int i = 0; i < CODE_BYTES; i++) {
		bool here = i == CODE_BEFORE;
		uint8_t byte;

		if (copy_from_guest(&byte, _gptr(va - CODE_BEFORE + i), 1))
			n += snprintf(line + n, sizeof(line) - n, here ? " [??]" : " ??");
		else
			n += snprintf(line + n, sizeof(line) - n, here ? " [%02x]" : " %02x", byte);
	}
	log_error("  code%s", line);
}

/* One machine word a line; with the name of the function if the word is an address of code. */
static void report_stack(const struct vcpu *v, const struct cpu_user_regs *r)
{
	size_t word = v->domain->is_32bit ? 4 : 8;
	char where[LINE_BYTES];

	for (unsigned int i = 0; i < STACK_LINES; i++) {
		uint64_t at = r->rsp + i * word, value = 0;

		if (copy_from_guest(&value, _gptr(at), word)) {
			log_error("  stack %lx: not readable", at);
			return;
		}
		log_error("  stack %lx: %0*lx%s", at, (int)word * 2, value,
			  symbol(v, value, where, sizeof(where)));
	}
}

static void report_history(const struct vcpu *v)
{
	unsigned int n = min(v->history_next, (unsigned int)CALL_HISTORY);

	if (n)
		log_error("  last hypercalls, newest first:");
	for (unsigned int i = 1; i <= n; i++) {
		const struct call_record *c = &v->history[(v->history_next - i) % CALL_HISTORY];

		log_error("    %s(%lx, %lx, %lx, %lx) = %ld", hypercall_name(c->nr), c->args[0],
			  c->args[1], c->args[2], c->args[3], c->rc);
	}
}

void state_report(struct vcpu *v)
{
	const struct cpu_user_regs *r = registers(v);

	report_registers(v, r);
	if (v == current) {
		report_code(v, r);
		report_stack(v, r);
	}
	if (v->pv.fault_va)
		walk_print(v, v->pv.fault_va);
	report_history(v);
}

void crash_report(struct vcpu *v, const char *reason)
{
	stime_t t = now();

	log_error("(d%uv%u) crashed at %lu.%06lu s: %s", v->domain->id, v->id, t / MS(1000),
		  t / 1000 % 1000000, reason);
	state_report(v);
	/* Domain 0's words stand just above; another domain's may be far up, between other text. */
	if (!v->domain->privileged)
		console_guest_tail(v->domain);
}
