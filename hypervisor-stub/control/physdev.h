/* SPDX-License-Identifier: MIT */
/*
 * The two halves of physdev_op: interrupts and I/O privilege (physdev.c), PCI functions (physdev_pci.c).
 */
#ifndef CONTROL_PHYSDEV_H
#define CONTROL_PHYSDEV_H

#include "mm/addr.h"

/* What concerns PCI functions; privilege has been checked. -ENOSYS if there is no such operation. */
long physdev_pci_op(unsigned int cmd, gptr_t arg);

#endif
