/* SPDX-License-Identifier: MIT */
/*
 * console_io: domain 0 writes to the hypervisor's console and reads what was typed.
 *
 * Mechanism: CONSOLEIO_write takes a byte count and a buffer; CONSOLEIO_read returns how many bytes
 * it stored, 0 when nobody typed. Pointers are only followed as far as the count says.
 * Steps: 1. writes of odd lengths and no length; 2. a buffer that ends in an unmapped page; 3. a
 * huge count prints what is readable and reports the fault; 4. reads; 5. unknown commands.
 * Fails by: the case and its return value.
 * Also runs on: real Xen, yes.
 */
#include "lib/pv.h"

void test_main(void)
{
	static char text[] = "console_io: one line\n";
	char *window = window_init();
	char *page = page_alloc();

	expect(hv_console_io(CONSOLEIO_write, sizeof(text) - 1, text), 0, "write");
	expect(hv_console_io(CONSOLEIO_write, 0, text), 0, "write of nothing");
	expect(hv_console_io(CONSOLEIO_write, 0, NULL), 0, "write of nothing from nowhere");
	expect(hv_console_io(CONSOLEIO_write, 1, NULL), -XEN_EFAULT, "write from nowhere");
	expect(hv_console_io(CONSOLEIO_write, 1, (void *)-1UL), -XEN_EFAULT, "write from the top");

	/* The last bytes of a page, the next one not mapped. */
	memcpy(page + PAGE_SIZE - sizeof(text) + 1, text, sizeof(text) - 1);
	map_va(window, pte(virt_to_mfn(page), PTE_KERN));
	expect(hv_console_io(CONSOLEIO_write, sizeof(text) - 1,
			     window + PAGE_SIZE - sizeof(text) + 1),
	       0, "write up to the end of a mapping");
	expect(hv_console_io(CONSOLEIO_write, sizeof(text), window + PAGE_SIZE - sizeof(text) + 1),
	       -XEN_EFAULT, "write beyond it");

	expect(hv_console_io(CONSOLEIO_read, 0, text), 0, "read of nothing");
	expect(hv_console_io(CONSOLEIO_read, 16, text), 0, "read, nothing typed");
	expect(hv_console_io(2, 1, text), -XEN_ENOSYS, "command 2");
	expect(hv_console_io(-1, 1, text), -XEN_ENOSYS, "command -1");
}
