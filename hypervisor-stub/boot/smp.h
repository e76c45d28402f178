/* SPDX-License-Identifier: MIT */
/*
 * The further processors of the machine.
 */
#ifndef BOOT_SMP_H
#define BOOT_SMP_H

/*
 * Start all that ACPI names, up to maxcpus=: sets pcpu_count. They wait, with interrupts off, until
 * smp_release(), when the scheduler has an idle vCPU for each.
 */
void smp_start(void);
void smp_release(void);

#endif
