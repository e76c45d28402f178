/* SPDX-License-Identifier: MIT */
/* A whole guest: say hello on the console of the hypervisor and end, in 32 or in 64 bits. */
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/elfnote.h>
#include <xen/sched.h>

#define STRING(x)	  #x
#define NOTE(type, value) /* an ELF note: sizes of name and value, type, name, value */ \
	".long 4, 2f - 1f, " STRING(type) "; .asciz \"Xen\"; 1: " value "; 2: .balign 4\n"

/* What the builder of a domain wants to know, the page it fills with hypercalls, and the entry. */
/* clang-format off */
asm(".pushsection .note.Xen, \"a\", @note\n"
    NOTE(XEN_ELFNOTE_GUEST_OS, ".asciz \"hello\"")
    NOTE(XEN_ELFNOTE_XEN_VERSION, ".asciz \"xen-3.0\"")
    NOTE(XEN_ELFNOTE_LOADER, ".asciz \"generic\"")
    NOTE(XEN_ELFNOTE_PAE_MODE, ".asciz \"yes\"")
    NOTE(XEN_ELFNOTE_VIRT_BASE, ".long 0")
    NOTE(XEN_ELFNOTE_ENTRY, ".long start")
    NOTE(XEN_ELFNOTE_HYPERCALL_PAGE, ".long hypercall_page")
    ".popsection; .balign 4096; hypercall_page: .skip 4096; start: call hello");
/* clang-format on */

extern char hypercall_page[];
void hello(void);

/* Hypercall n begins at 32 * n; 32-bit guests pass ebx, ecx, edx, 64-bit ones rdi, rsi, rdx. */
static long hypercall(long number, long a, const void *b, const void *c)
{
	void *entry = hypercall_page + number * 32;
	long result;
#ifdef __i386__
	asm volatile("call *%1" : "=a"(result), "+r"(entry), "+b"(a), "+c"(b), "+d"(c)::"memory");
#else
	asm volatile("call *%1"
		     : "=a"(result), "+r"(entry), "+D"(a), "+S"(b), "+d"(c)::"memory", "rcx",
		       "r11");
#endif
	return result;
}

void hello(void)
{
	static const char text[] = "Hello from a guest without an operating system.\n";
	struct sched_shutdown shutdown = { SHUTDOWN_poweroff };

	hypercall(__HYPERVISOR_console_io, CONSOLEIO_write, (void *)(sizeof(text) - 1), text);
	hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &shutdown, NULL);
}
