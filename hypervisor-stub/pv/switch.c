/* SPDX-License-Identifier: MIT */
/*
 * The switch: one pCPU stops being one guest's CPU and becomes another's.
 *
 * Order matters in pv_switch_to(): the descriptor windows' PTEs are rewritten first, the load of CR3
 * flushes what the TLB knew of them, and only then can LDTR and selectors be loaded, which read
 * descriptors through the windows. The TSS never changes: all stacks belong to the pCPU.
 */
#include "console/console.h"
#include "lib/string.h"
#include "pv/internal.h"

#include "cpu/fpu.h"

int pv_init_vcpu(struct vcpu *v)
{
	if (tables_init())
		return -ENOMEM;
	gates_init(v);
	ldt_init(v);
	v->pv.fpu = kalloc(FPU_AREA_SIZE);
	if (!v->pv.fpu) {
		pv_free_vcpu(v);
		return -ENOMEM;
	}
	fpu_area_init(v->pv.fpu);
	for (unsigned int i = 0; i < ARRAY_SIZE(v->pv.gdt_frames); i++)
		v->pv.gdt_frames[i] = INVALID_MFN;
	v->pv.kernel_mode = true;
	pv_set_debugreg(v, 6, 0);
	pv_set_debugreg(v, 7, 0);
	return 0;
}

void pv_free_vcpu(struct vcpu *v)
{
	pv_drop_gdt(v);
	pv_drop_ldt(v);
	gates_free(v);
	kfree(v->pv.fpu);
	v->pv.fpu = NULL;
}

void pv_switch_from(struct vcpu *v)
{
	if (vcpu_is_idle(v))
		return;
	segments_save(v);
	ldt_leave(v);
	debugregs_save(v);
	fpu_leave(v);
}

void pv_switch_to(struct vcpu *v)
{
	struct selectors wanted;

	if (vcpu_is_idle(v))
		return;
	gdt_load(v);
	ldt_load(v);
	guard_select(v->domain->is_32bit);
	cr4_set_guest_bits(v->pv.cr4);
	root_load(v);
	ldt_select(v->pv.ldt_ents);
	debugregs_load(v);
	fpu_enter(v);
	if (unlikely(!segments_load(v, &wanted)))
		bounce_failsafe(v, &wanted);
}
