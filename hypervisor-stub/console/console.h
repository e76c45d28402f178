/* SPDX-License-Identifier: MIT */
/*
 * Words out and keys in: the log, the serial line, the text screen, and why something was refused.
 *
 * Owns: UART and VGA text memory, the log ring, debug keys, the focus of the keyboard. Lock: console,
 * the innermost one, so that anything may be logged anywhere; panic breaks it.
 */
#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H

#include <stdarg.h>

#include "cpu/spinlock.h"

struct domain;
struct vcpu;

/* ---- the log -------------------------------------------------------------------------------------- */

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* One line a call, without the newline; the time stands before it. Levels: loglvl=, guest_loglvl=. */
void log_hv(enum log_level level, const char *fmt, ...) printf_like(2, 3);

#define log_error(...)	 log_hv(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_hv(LOG_WARNING, __VA_ARGS__)
#define log_info(...)	 log_hv(LOG_INFO, __VA_ARGS__)
#define log_debug(...)	 log_hv(LOG_DEBUG, __VA_ARGS__)

/* Text of the log from position *from on (0: the oldest there is); advances it, returns bytes. */
size_t console_ring_read(char *buf, size_t n, size_t *from);

/* ---- about guests: abi/explain.c ------------------------------------------------------------------- */

/* Prefixed "(d1v0)", rate limited as guest_loglvl= says. */
void log_guest(const struct vcpu *v, enum log_level level, const char *fmt, ...) printf_like(3, 4);

/*
 * Law 3: every refusal explains itself. Logs "(d1v0) refused mmu_update[3]: ..." for the current vCPU
 * (call_name and call_index say what runs), at a level chosen by rc, and returns rc:
 *	return refuse(-EPERM, "mfn %lx belongs to d%u", ...);
 */
long refuse(long rc, const char *fmt, ...) printf_like(2, 3);

/* What both are made of: would such a line pass now? Counts against the rate limit. */
bool log_guest_wanted(enum log_level level);
void log_with_prefix(const char *prefix, const char *fmt, va_list ap);

/* ---- guests' own text: domain/guest_console.c ------------------------------------------------------- */

/* From console_io, as it is but for line ends; the last of it is kept for the report of a crash. */
void console_guest_write(struct domain *d, const char *text, size_t n);
/* Typed text that waits for domain d; returns bytes taken. */
size_t console_guest_read(struct domain *d, char *buf, size_t n);
/* Print the last lines of a domain's own console. */
void console_guest_tail(struct domain *d);

/* What it is made of: characters to all consoles and the ring, with console_lock held. */
extern struct spinlock console_lock;
void console_emit(const char *text, size_t n);

/* ---- keys -------------------------------------------------------------------------------------------- */

/* A debug key: three times Ctrl-a switches the serial line to the hypervisor, `h` lists them. */
void debug_key(char key, const char *help, void (*run)(void));
/* As if it was typed for the hypervisor; from a hypercall or a softirq, with no lock held. */
void debug_key_press(char key);

/* ---- start and end ----------------------------------------------------------------------------------- */

/*
 * Early: log levels and the serial line from the options; the screen once device memory can be mapped;
 * keys once interrupts work. When the first domain is about to run the screen is domain 0's.
 */
void console_init(void);
void console_show_screen(void);
void console_start_input(void);
void console_release_screen(void);

/* Function i of ours, in the order of their addresses; "" at symbol_count(). */
uint32_t symbol_count(void);
const char *symbol_at(uint32_t i, uint64_t *address);
/* Name of the function that holds an address of ours, and the offset in it; "?" if there is none. */
const char *symbol_name(uint64_t address, uint64_t *offset);

/*
 * End the machine. Under QEMU with `-device isa-debug-exit,iobase=0xf4` the emulator's exit status says
 * how: 33 after a clean power off (code 0), 35 after a panic, 37 if something was wrong (any other code:
 * the audit found differences, domain 0 crashed). Elsewhere ACPI's S5 switches the power off, or the
 * machine is halted. A reset leaves QEMU with status 0 under -no-reboot.
 */
#define MACHINE_EXIT_CLEAN 33
#define MACHINE_EXIT_PANIC 35
#define MACHINE_EXIT_DIRTY 37
noreturn void machine_poweroff(int code);
noreturn void machine_reboot(void);
/* After a panic: status 35, else reset, or halt if `noreboot` was given. */
noreturn void machine_panicked(void);

/* ---- upward calls: domain/guest_console.c ------------------------------------------------------------- */

/* A character typed for domain 0; from a softirq. */
void guest_typed(char c);
/* One line of a panic: which vCPU was current, and what it was doing. */
void guest_describe_current(void);

#endif
