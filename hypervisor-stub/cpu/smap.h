/* SPDX-License-Identifier: MIT */
/*
 * Letting ourselves touch user pages for a moment (EFLAGS.AC under CR4.SMAP).
 *
 * STAC and CLAC are three-byte no-ops in the image; smap_patch() writes the real instructions over them
 * at boot when the processor has them, since they are undefined elsewhere. Use them around the access
 * inside one asm statement, so that the compiler puts nothing between.
 */
#ifndef CPU_SMAP_H
#define CPU_SMAP_H

#ifdef __ASSEMBLER__

/* clang-format off */
.macro SMAP_SITE last:req
771:	.byte	0x0f, 0x1f, 0x00
	.pushsection .smap_sites, "a"
	.balign	4
	.long	771b - ., \last
	.popsection
.endm

.macro STAC
	SMAP_SITE 0xcb
.endm

.macro CLAC
	SMAP_SITE 0xca
.endm
/* clang-format on */

#else

/* clang-format off */
#define SMAP_SITE(last)				\
	"771: .byte 0x0f, 0x1f, 0x00\n"		\
	".pushsection .smap_sites, \"a\"\n"	\
	".balign 4\n"				\
	".long 771b - ., " last "\n"		\
	".popsection\n"
#define STAC SMAP_SITE("0xcb")
#define CLAC SMAP_SITE("0xca")
/* clang-format on */

/* While our text is still writable. */
void smap_patch(void);

#endif

#endif
