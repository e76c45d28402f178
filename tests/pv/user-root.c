/* SPDX-License-Identifier: MIT */
/*
 * NEW_USER_BASEPTR: the second root of a 64-bit guest keeps its kernel out of its programs' sight.
 *
 * Mechanism: user mode of a 64-bit guest runs on the root that NEW_USER_BASEPTR named, the kernel on
 * that of NEW_BASEPTR; both rings are 3, so what user mode must not see is simply not in its root.
 * Without a user root there is no user mode.
 * Steps: 1. a root that maps one code and one stack page; 2. run there; 3. kernel addresses fault;
 * 4. the kernel's own view is untouched; 5. refusals.
 * Fails by: the exception that came instead.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

#define USER_VA 0x400000UL

static uint64_t *table(unsigned int index, uint64_t entry)
{
	uint64_t *page = page_alloc();

	page[index] = entry;
	expect(page_make_ro(page), 0, "table read-only");
	return page;
}

/* Code at USER_VA; the image's stack pages at their usual address are not visible there. */
static void user_code(uint8_t *code)
{
	static const uint8_t bytes[] = {
		0x48, 0x8b, 0x07, /* mov (%rdi), %rax */
		0x0f, 0x0b,	  /* ud2 */
	};

	memcpy(code, bytes, sizeof(bytes));
}

void test_main(void)
{
	uint8_t *code = page_alloc();
	uint64_t *l1 = table(0, pte(virt_to_mfn(code), PTE_USER));
	uint64_t *l2 = table(2, pte(virt_to_mfn(l1), PTE_TABLE));
	uint64_t *l3 = table(0, pte(virt_to_mfn(l2), PTE_TABLE));
	uint64_t *root = table(0, pte(virt_to_mfn(l3), PTE_TABLE));
	mfn_t mfn = virt_to_mfn(root);

	trap_init();
	shared_info_map();
	user_init();
	/* user_init() gave user mode the kernel's root; take the small one instead. */
	user_code(code);
	expect(mmuext(MMUEXT_NEW_USER_BASEPTR, mfn), 0, "a small user root");
	expect(page_make_rw(root), -XEN_EBUSY, "it is a table now");
	expect_exc(user_call((user_fn)USER_VA, USER_VA, NULL), EXC(VEC_UD, 0), "read its own page");
	expect_u64(exc_last.ip, USER_VA + 3, "ip");
	expect_exc(user_call((user_fn)USER_VA, (unsigned long)start_info, NULL),
		   EXC(VEC_PF, PF_USER), "read start_info");
	expect_u64(exc_last.cr2, (unsigned long)start_info, "cr2");
	expect(EXC_VECTOR(user_call((user_fn)USER_VA, m2p_va(), NULL)), VEC_PF,
	       "vector of the M2P");
	expect_exc(user_call((user_fn)VIRT_BASE, 0, NULL), EXC(VEC_PF, PF_USER | PF_FETCH),
		   "execute the kernel");
	expect_exc(try_read((void *)USER_VA, NULL), EXC(VEC_PF, 0),
		   "the kernel reads a user address");

	expect(mmuext(MMUEXT_NEW_USER_BASEPTR, virt_to_mfn(l1)), -XEN_EINVAL, "a level-1 table");
	expect(mmuext(MMUEXT_NEW_USER_BASEPTR, hypervisor_mfn()), -XEN_EINVAL,
	       "a hypervisor frame");
	expect(mmuext(MMUEXT_NEW_USER_BASEPTR, root_mfn()), 0, "the kernel's root");
	expect(page_make_rw(root), 0, "the small root is a page again");
}
