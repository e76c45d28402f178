/* SPDX-License-Identifier: MIT */
/*
 * The pair of 8259 interrupt controllers, in their PC places.
 */
#ifndef CPU_PIC_H
#define CPU_PIC_H

/* Move its 16 lines to VECTOR_ISA and mask them all. */
void pic_init(void);
void pic_unmask(unsigned int line);
/* False: line 7 or 15 and nobody asked (spurious); else the line is acknowledged. */
bool pic_acknowledge(unsigned int line);

#endif
