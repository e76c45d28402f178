/* SPDX-License-Identifier: MIT */
/*
 * The end of the hypervisor: a report that a person can work from, and an exit status for a test.
 *
 * Trusts as little as it can: it takes no lock, reads its own stack only between its ends, and a second
 * panic inside the report ends at once.
 */
#include "console/internal.h"
#include "cpu/asm.h"
#include "cpu/cpu.h"
#include "cpu/traps.h"
#include "lib/vsnprintf.h"

#define CODE_BYTES  16
#define STACK_LINES 40

extern const uint8_t image_start[], image_text_end[];

static bool panicking;

static void begin(const char *fmt, va_list ap)
{
	char text[256];

	irq_disable();
	/* Only the first one comes back from here: others may have found the same. */
	cpus_halt_others();
	if (panicking)
		machine_panicked();
	panicking = true;
	console_break_lock();
	vsnprintf(text, sizeof(text), fmt, ap);
	log_error("PANIC: %s", text);
	if (pcpu_count > 1)
		log_error("on processor %u", this_pcpu()->id);
}

static noreturn void finish(void)
{
	log_error("Ringmaster stopped.");
	machine_panicked();
}

static void print_code(uint64_t rip)
{
	char text[CODE_BYTES * 3 + 4];
	size_t at = 0;

	if (rip < (uint64_t)image_start || rip + CODE_BYTES > (uint64_t)image_text_end) {
		log_error("code: none, rip is outside the hypervisor's text");
		return;
	}
	for (unsigned int i = 0; i < CODE_BYTES; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, " %02x",
				       ((const uint8_t *)rip)[i]);
	log_error("code:%s", text);
}

static void print_registers(const struct cpu_user_regs *r)
{
	uint64_t offset;
	const char *name = symbol_name(r->rip, &offset);

	log_error("rip %016lx  %s+%#lx", r->rip, name, offset);
	log_error("cs %04x  ss %04x  rsp %016lx  rflags %016lx", r->cs, r->ss, r->rsp, r->rflags);
	log_error("rax %016lx rbx %016lx rcx %016lx rdx %016lx", r->rax, r->rbx, r->rcx, r->rdx);
	log_error("rsi %016lx rdi %016lx rbp %016lx r8  %016lx", r->rsi, r->rdi, r->rbp, r->r8);
	log_error("r9  %016lx r10 %016lx r11 %016lx r12 %016lx", r->r9, r->r10, r->r11, r->r12);
	log_error("r13 %016lx r14 %016lx r15 %016lx", r->r13, r->r14, r->r15);
	log_error("cr0 %016lx cr2 %016lx cr3 %016lx cr4 %016lx", read_cr0(), read_cr2(), read_cr3(),
		  read_cr4());
	print_code(r->rip);
}

static void print_word(uint64_t sp)
{
	uint64_t word = *(const uint64_t *)sp, offset;
	const char *name = symbol_name(word, &offset);

	log_error("  [%016lx] %s+%#lx", sp, name, offset);
}

/* Every word on the stack that points into our text: callers, and some that were. */
static void print_stack(uint64_t sp)
{
	uint64_t base = (uint64_t)cpu_info() & ~(STACK_SIZE - 1UL);
	uint64_t guard = base + 4 * PAGE_SIZE, top = (uint64_t)cpu_info(), end;
	unsigned int lines = 0;

	sp = (sp + 7) & ~7UL;
	if (sp < base || sp >= top || (sp >= guard && sp < guard + PAGE_SIZE)) {
		log_error("rsp is not on this processor's stack; what lies there:");
		sp = guard + PAGE_SIZE;
	}
	/* An interrupt stack ends with its page, the main one with the guest's registers. */
	end = sp < guard ? (sp & PAGE_MASK) + PAGE_SIZE : top;
	log_error("stack words that point into the hypervisor:");
	for (; sp < end && lines < STACK_LINES; sp += 8) {
		uint64_t word = *(const uint64_t *)sp;

		if (word < (uint64_t)image_start || word >= (uint64_t)image_text_end)
			continue;
		print_word(sp);
		lines++;
	}
}

void panic_regs(const struct cpu_user_regs *regs, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	begin(fmt, ap);
	va_end(ap);
	print_registers(regs);
	print_stack(regs->rsp);
	guest_describe_current();
	finish();
}

void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	begin(fmt, ap);
	va_end(ap);
	print_stack((uint64_t)__builtin_frame_address(0));
	guest_describe_current();
	finish();
}

void bug(const char *file, int line, const char *what)
{
	panic("BUG at %s:%d: %s", file, line, what);
}
