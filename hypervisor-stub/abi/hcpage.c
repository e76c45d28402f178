/* SPDX-License-Identifier: MIT */
/*
 * The hypercall page: 128 stubs of 32 bytes that a guest calls, number n at n * 32.
 *
 * A guest needs no knowledge of how this processor enters the hypervisor: its builder fills the page
 * that an ELF note names. 64-bit stubs keep rcx and r11, which SYSCALL destroys; that of iret has
 * pushed rax, rcx and r11 as the ABI's iret frame begins with them (arch-x86/xen-x86_64.h), and does
 * not return. Unused bytes are int3, so a guest that jumps astray is told at once.
 */
#include "abi/dispatch.h"
#include "lib/string.h"

#define OP_PUSH_EAX 0x50
#define OP_MOV_EAX  0xb8
#define OP_INT	    0xcd
#define OP_RET	    0xc3
#define OP_INT3	    0xcc

/* clang-format off */
static const uint8_t save64[]    = { 0x51, 0x41, 0x53 };	/* push %rcx; push %r11 */
static const uint8_t restore64[] = { 0x41, 0x5b, 0x59 };	/* pop %r11; pop %rcx */
static const uint8_t syscall64[] = { 0x0f, 0x05 };
/* clang-format on */

static uint8_t *emit(uint8_t *p, const void *bytes, size_t n)
{
	memcpy(p, bytes, n);
	return p + n;
}

static uint8_t *emit_number(uint8_t *p, uint32_t nr)
{
	*p++ = OP_MOV_EAX;
	return emit(p, &nr, sizeof(nr));
}

static void stub32(uint8_t *p, uint32_t nr)
{
	if (nr == __HYPERVISOR_iret)
		*p++ = OP_PUSH_EAX;
	p = emit_number(p, nr);
	*p++ = OP_INT;
	*p++ = HYPERCALL_INT;
	if (nr != __HYPERVISOR_iret)
		*p = OP_RET;
}

static void stub64(uint8_t *p, uint32_t nr)
{
	p = emit(p, save64, sizeof(save64));
	if (nr == __HYPERVISOR_iret)
		*p++ = OP_PUSH_EAX;
	p = emit_number(p, nr);
	p = emit(p, syscall64, sizeof(syscall64));
	if (nr == __HYPERVISOR_iret)
		return;
	p = emit(p, restore64, sizeof(restore64));
	*p = OP_RET;
}

void hypercall_page_write(void *page, bool is_32bit)
{
	uint8_t *p = page;

	memset(p, OP_INT3, PAGE_SIZE);
	for (uint32_t nr = 0; nr < PAGE_SIZE / HYPERCALL_STUB; nr++, p += HYPERCALL_STUB) {
		if (is_32bit)
			stub32(p, nr);
		else
			stub64(p, nr);
	}
}
