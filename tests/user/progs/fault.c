/* SPDX-License-Identifier: MIT */
/* Every exception that a program can cause, each in a child of its own, and what it dies of. */
#include <sys/mman.h>
#include "observe.h"

static void null_read(void)
{
	__asm__ volatile("movl 0, %eax");
}

static void null_write(void)
{
	__asm__ volatile("movl $1, 4");
}

static void text_write(void)
{
	*(volatile char *)(unsigned long)text_write = 1;
}

static void kernel_read(void)
{
	__asm__ volatile("movl 0xffffe000, %eax");
}

static void jump_to_null(void)
{
	__asm__ volatile("call *%0" : : "r"(0));
}

static void divide(void)
{
	__asm__ volatile("xorl %%ecx, %%ecx; divl %%ecx" : : : "eax", "ecx", "edx");
}

static void illegal(void)
{
	__asm__ volatile("ud2");
}

static void breakpoint(void)
{
	__asm__ volatile("int3");
}

static void overflow(void)
{
	__asm__ volatile("movb $127, %%al; addb $1, %%al; into" : : : "eax");
}

static void halt(void)
{
	__asm__ volatile("hlt");
}

static void port(void)
{
	__asm__ volatile("outb %%al, $0x80" : : : "memory");
}

static void interrupts_off(void)
{
	__asm__ volatile("cli");
}

static void bad_selector(void)
{
	__asm__ volatile("movw %w0, %%fs" : : "r"(0x1237));
}

static void bad_interrupt(void)
{
	__asm__ volatile("int $0x42");
}

static void bad_stack(void)
{
	__asm__ volatile("xorl %esp, %esp; pushl %eax");
}

static void aborts(void)
{
	abort();
}

static void heap_execute(void)
{
	char *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*code = (char)0xc3;
	((void (*)(void))code)();
}

static void may_execute(void)
{
	char *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*code = (char)0xc3;
	((void (*)(void))code)();
	puts("executed");
}

static void ignored_segv(void)
{
	signal(SIGSEGV, SIG_IGN);
	null_read();
}

static void blocked_segv(void)
{
	sigset_t set;

	sigfillset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	null_read();
}

int main(void)
{
	in_child("null read", null_read);
	in_child("null write", null_write);
	in_child("text write", text_write);
	in_child("kernel read", kernel_read);
	in_child("jump to null", jump_to_null);
	in_child("divide", divide);
	in_child("illegal", illegal);
	in_child("breakpoint", breakpoint);
	in_child("overflow", overflow);
	in_child("hlt", halt);
	in_child("out", port);
	in_child("cli", interrupts_off);
	in_child("bad selector", bad_selector);
	in_child("bad interrupt", bad_interrupt);
	in_child("bad stack", bad_stack);
	in_child("abort", aborts);
	in_child("execute data", heap_execute);
	in_child("execute code", may_execute);
	in_child("ignored", ignored_segv);
	in_child("blocked", blocked_segv);
	return 0;
}
