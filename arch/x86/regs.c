/* SPDX-License-Identifier: MIT */
/*
 * Saved registers, as the kernel asks for them.
 */
#include <machine.h>
#include "arch/segments.h"
#include "lib/string.h"

#define FLAG_IF	      0x200u
#define INT_0X80_SIZE 2
#define NO_SYSCALL    (~0u)

bool machine_regs_user(const struct regs *regs)
{
	return (regs->cs & 3) == 3;
}

void machine_regs_program(struct regs *regs, unsigned long entry, unsigned long stack)
{
	memset(regs, 0, sizeof(*regs));
	regs->ds = regs->es = regs->ss = USER_DS;
	regs->cs = USER_CS;
	regs->eflags = FLAG_IF;
	regs->eip = entry;
	regs->esp = stack;
	regs->error_code = NO_SYSCALL;
}

void machine_regs_set_result(struct regs *regs, long value)
{
	regs->eax = value;
}

unsigned long machine_regs_instruction(const struct regs *regs)
{
	return regs->eip;
}

unsigned long machine_regs_stack(const struct regs *regs)
{
	return regs->esp;
}

void machine_regs_set_stack(struct regs *regs, unsigned long stack)
{
	regs->esp = stack;
}

bool machine_regs_syscall(const struct regs *regs, int *number, long *result)
{
	*number = regs->error_code;
	*result = regs->eax;
	return regs->error_code != NO_SYSCALL;
}

void machine_syscall_restart(struct regs *regs, int number)
{
	regs->eax = number;
	regs->eip -= INT_0X80_SIZE;
}

void machine_syscall_done(struct regs *regs)
{
	regs->error_code = NO_SYSCALL;
}
