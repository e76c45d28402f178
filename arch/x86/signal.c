/* SPDX-License-Identifier: MIT */
/*
 * Signal frames of the Linux i386 ABI: what a handler finds on its stack, and the way back.
 *
 * Two layouts. The old one (no SA_SIGINFO) passes the signal number and a sigcontext by value; the
 * rt one passes pointers to siginfo and ucontext. Both begin with the return address: the C library's
 * restorer, which calls sigreturn or rt_sigreturn with the stack pointer where the handler's ret
 * (and, in the old stub, a pop) left it. What comes back was in the program's hands: segments are
 * forced to ring 3, and only the flags that a program may change are taken.
 */
#include "arch/fpu.h"
#include "arch/segments.h"
#include "proc.h"
#include "signal.h"
#include "vm.h"
#include "lib/string.h"

#define FLAGS_USER   0x00250dd5u /* CF PF AF ZF SF TF DF OF NT AC ID: the program's own */
#define FLAG_TF	     0x00000100u
#define FLAG_DF	     0x00000400u
#define FLAG_FIXED   0x00000202u /* IF and the bit that is always one */
#define FXSR_MAGIC   0		 /* fpstate.magic: an FXSAVE image follows */
#define SIGINFO_SIZE 128	 /* bytes, of which we fill the first */

struct fp_register {
	uint16_t significand[4], exponent;
};

/* The FSAVE image of old, then what FXSAVE knows. */
struct fpstate {
	uint32_t cw, sw, tag, ipoff, cssel, dataoff, datasel;
	struct fp_register st[8];
	uint16_t status, magic;
	struct fxsave fx;
};

struct sigcontext {
	uint16_t gs, gs_high, fs, fs_high, es, es_high, ds, ds_high;
	uint32_t edi, esi, ebp, esp, ebx, edx, ecx, eax;
	uint32_t trap, error, eip;
	uint16_t cs, cs_high;
	uint32_t eflags, esp_at_signal;
	uint16_t ss, ss_high;
	uint32_t fpstate; /* user pointer, 0: never used the FPU */
	uint32_t oldmask, cr2;
};

struct old_frame {
	uint32_t return_address, sig;
	struct sigcontext sc;
	uint32_t extra_mask; /* signals 33 to 64 */
};

struct ucontext {
	uint32_t flags, link;
	uint32_t stack_sp, stack_flags, stack_size;
	struct sigcontext sc;
	uint64_t mask __attribute__((packed, aligned(4)));
};

struct rt_frame {
	uint32_t return_address, sig, info_pointer, context_pointer;
	uint32_t info[SIGINFO_SIZE / 4];
	struct ucontext uc;
};

_Static_assert(sizeof(struct sigcontext) == 88, "sigcontext of the i386 ABI");
_Static_assert(sizeof(struct ucontext) == 116, "ucontext with a 64-bit mask");
_Static_assert(sizeof(struct fpstate) == 624, "fpstate of the i386 ABI");

/* ---- FPU ---- */

static void fpstate_fill(struct fpstate *fp, const struct fxsave *fx)
{
	unsigned i;

	memset(fp, 0, sizeof(*fp));
	fp->cw = fx->cw | 0xffff0000u;
	fp->sw = fx->sw | 0xffff0000u;
	fp->status = fx->sw;
	fp->tag = 0xffff0000u;
	fp->ipoff = fx->fip;
	fp->cssel = (fx->fcs & 0xffff) | (uint32_t)fx->opcode << 16;
	fp->dataoff = fx->fdp;
	fp->datasel = fx->fds | 0xffff0000u;
	fp->magic = FXSR_MAGIC;
	for (i = 0; i < 8; i++) {
		memcpy(&fp->st[i], fx->st[i].number, sizeof(fp->st[i]));
		/* FXSAVE has one bit a register; empty is 3 in the old tag word, anything else will do. */
		if (!(fx->tag & 1u << i))
			fp->tag |= 3u << 2 * i;
	}
	fp->fx = *fx;
}

/* Puts the FPU's numbers below sp, if there are any. Returns the new sp, 0: the stack is bad. */
static unsigned long fpstate_push(unsigned long sp)
{
	struct fxsave fx __attribute__((aligned(16)));
	struct fpstate fp;

	if (!fpu_get(&current->thread, &fx))
		return sp;
	sp = (sp - sizeof(fp)) & ~15ul;
	fpstate_fill(&fp, &fx);
	return copy_to_user((void *)sp, &fp, sizeof(fp)) ? 0 : sp;
}

static int fpstate_pop(uint32_t user)
{
	struct fpstate fp;

	if (!user)
		return 0;
	if (copy_from_user(&fp, (const void *)(unsigned long)user, sizeof(fp)))
		return -EFAULT;
	fpu_set(&current->thread, &fp.fx);
	return 0;
}

/* ---- Registers ---- */

static void sigcontext_fill(struct sigcontext *sc, const struct regs *r,
			    const struct signal_frame *f, uint32_t fpstate)
{
	*sc = (struct sigcontext){
		.gs = r->gs,
		.fs = r->fs,
		.es = r->es,
		.ds = r->ds,
		.edi = r->edi,
		.esi = r->esi,
		.ebp = r->ebp,
		.esp = r->esp,
		.ebx = r->ebx,
		.edx = r->edx,
		.ecx = r->ecx,
		.eax = r->eax,
		.trap = f->fault_trap,
		.error = f->fault_error,
		.eip = r->eip,
		.cs = r->cs,
		.eflags = r->eflags,
		.esp_at_signal = r->esp,
		.ss = r->ss,
		.fpstate = fpstate,
		.oldmask = f->old_mask,
		.cr2 = f->fault_address,
	};
}

static void sigcontext_apply(struct regs *r, const struct sigcontext *sc)
{
	r->gs = sc->gs;
	r->fs = sc->fs;
	r->es = sc->es;
	r->ds = sc->ds;
	r->edi = sc->edi;
	r->esi = sc->esi;
	r->ebp = sc->ebp;
	r->esp = sc->esp;
	r->ebx = sc->ebx;
	r->edx = sc->edx;
	r->ecx = sc->ecx;
	r->eax = sc->eax;
	r->eip = sc->eip;
	r->cs = sc->cs | 3;
	r->ss = sc->ss | 3;
	r->eflags = (r->eflags & ~FLAGS_USER) | (sc->eflags & FLAGS_USER) | FLAG_FIXED;
}

/* ---- Code that returns from a handler, for programs without a restorer ---- */

#define RT_CODE_OFFSET 16

void machine_signal_code(void *page)
{
	static const uint8_t old_return[] = {
		0x58,			      /* pop %eax: the signal number */
		0xb8, 119,  0x00, 0x00, 0x00, /* mov $sigreturn, %eax */
		0xcd, 0x80,		      /* int $0x80 */
	};
	static const uint8_t rt_return[] = {
		0xb8, 173,  0x00, 0x00, 0x00, /* mov $rt_sigreturn, %eax */
		0xcd, 0x80,		      /* int $0x80 */
	};

	memcpy(page, old_return, sizeof(old_return));
	memcpy((uint8_t *)page + RT_CODE_OFFSET, rt_return, sizeof(rt_return));
}

static uint32_t return_address(const struct sigaction_k *a)
{
	if (a->flags & SA_RESTORER)
		return a->restorer;
	return MACHINE_SIGNAL_CODE_VA + (a->flags & SA_SIGINFO ? RT_CODE_OFFSET : 0);
}

/* ---- Entering a handler ---- */

/* The fields that the kinds of siginfo share their places for; see sigaction(2). */
static void siginfo_fill(uint32_t *out, const struct siginfo *in)
{
	out[0] = in->signo;
	out[1] = in->error;
	out[2] = in->code;
	if (in->code > 0 && in->signo != SIGCHLD && in->code != SI_KERNEL) {
		out[3] = in->address;
		return;
	}
	out[3] = in->pid;
	out[4] = in->uid;
	out[5] = in->signo == SIGCHLD ? (uint32_t)in->status : (uint32_t)in->value;
}

static unsigned long frame_start(unsigned long sp, size_t size)
{
	/* As after a call: the stack pointer plus 4 is 16-byte aligned. */
	return ((sp - size + 4) & ~15ul) - 4;
}

static unsigned long push_old(const struct regs *r, const struct signal_frame *f, unsigned long sp,
			      uint32_t fpstate)
{
	struct old_frame frame = { .return_address = return_address(f->action),
				   .sig = f->sig,
				   .extra_mask = f->old_mask >> 32 };

	sp = frame_start(sp, sizeof(frame));
	sigcontext_fill(&frame.sc, r, f, fpstate);
	return copy_to_user((void *)sp, &frame, sizeof(frame)) ? 0 : sp;
}

static unsigned long push_rt(const struct regs *r, const struct signal_frame *f, unsigned long sp,
			     uint32_t fpstate)
{
	struct rt_frame frame = { .return_address = return_address(f->action), .sig = f->sig };

	sp = frame_start(sp, sizeof(frame));
	frame.info_pointer = sp + offsetof(struct rt_frame, info);
	frame.context_pointer = sp + offsetof(struct rt_frame, uc);
	siginfo_fill(frame.info, f->info);
	sigcontext_fill(&frame.uc.sc, r, f, fpstate);
	frame.uc.stack_sp = f->alt_sp;
	frame.uc.stack_flags = f->alt_flags;
	frame.uc.stack_size = f->alt_size;
	frame.uc.mask = f->old_mask;
	return copy_to_user((void *)sp, &frame, sizeof(frame)) ? 0 : sp;
}

int machine_signal_enter(struct regs *r, const struct signal_frame *f)
{
	unsigned long top = f->alt_enter ? f->alt_sp + f->alt_size : r->esp;
	unsigned long sp = fpstate_push(top), fpstate = sp == top ? 0 : sp;
	bool rt = f->action->flags & SA_SIGINFO;

	if (!sp)
		return -EFAULT;
	sp = rt ? push_rt(r, f, sp, fpstate) : push_old(r, f, sp, fpstate);
	if (!sp)
		return -EFAULT;
	r->esp = sp;
	r->eip = f->action->handler;
	/* Handlers compiled for registers find their arguments there too. */
	r->eax = f->sig;
	r->edx = rt ? sp + offsetof(struct rt_frame, info) : 0;
	r->ecx = rt ? sp + offsetof(struct rt_frame, uc) : 0;
	r->ds = r->es = r->ss = USER_DS;
	r->cs = USER_CS;
	r->eflags &= ~(FLAG_TF | FLAG_DF);
	return 0;
}

/* ---- Leaving it ---- */

static int return_old(struct regs *r, uint64_t *mask)
{
	struct old_frame frame;
	/* ret took the return address, the stub's pop the signal number. */
	const void *user = (const void *)(r->esp - 2 * sizeof(uint32_t));

	if (copy_from_user(&frame, user, sizeof(frame)) || fpstate_pop(frame.sc.fpstate))
		return -EFAULT;
	sigcontext_apply(r, &frame.sc);
	*mask = frame.sc.oldmask | (uint64_t)frame.extra_mask << 32;
	return 0;
}

static int return_rt(struct regs *r, uint64_t *mask, uint32_t *alt_sp, uint32_t *alt_size,
		     uint32_t *alt_flags)
{
	struct rt_frame frame;
	const void *user = (const void *)(r->esp - sizeof(uint32_t));

	if (copy_from_user(&frame, user, sizeof(frame)) || fpstate_pop(frame.uc.sc.fpstate))
		return -EFAULT;
	sigcontext_apply(r, &frame.uc.sc);
	*mask = frame.uc.mask;
	*alt_sp = frame.uc.stack_sp;
	*alt_size = frame.uc.stack_size;
	*alt_flags = frame.uc.stack_flags;
	return 0;
}

int machine_signal_return(struct regs *r, bool rt, uint64_t *mask, uint32_t *alt_sp,
			  uint32_t *alt_size, uint32_t *alt_flags)
{
	return rt ? return_rt(r, mask, alt_sp, alt_size, alt_flags) : return_old(r, mask);
}
