/* SPDX-License-Identifier: MIT */
/* The tiny program that bench/syscalls executes: no library, it only ends. */
void _start(void);

void _start(void)
{
	asm volatile("int $0x80" : : "a"(1), "b"(0));
}
