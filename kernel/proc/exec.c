/* SPDX-License-Identifier: MIT */
/*
 * execve: a process gets another program.
 *
 * Arguments are first collected in kernel memory, since the memory that they come from goes away. The
 * new address space is complete in its regions before the old one is given up; after that point
 * nothing can be reported to the old program any more, and an error kills
 * on the way back to user mode.
 */
#include "sched.h"
#include "elf.h"
#include "fs.h"
#include "mm/vma.h"
#include "vm.h"

#define ARG_BYTES_MAX  (256u << 10)
#define ARG_COUNT_MAX  4096u
#define STRING_MAX     (128u << 10)
#define HEAD_SIZE      256
#define SCRIPT_NESTING 5
#define STACK_TOP      MACHINE_SIGNAL_CODE_VA
#define STACK_INITIAL  (32 * PAGE_SIZE)
#define PATH_LENGTH    4096

/* Strings, one after the other with their NULs; vectors are offsets into them. */
struct strings {
	char *bytes;
	size_t used, room;
	unsigned count;
};

struct exec {
	struct strings args, env;
	char *execfn; /* what the program is told as its name */
	char head[HEAD_SIZE];
	long head_size;
};

/* ---- Collecting strings ---- */

static int strings_room(struct strings *s, size_t n)
{
	size_t room = max(s->room, (size_t)256);
	char *p;

	if (s->count >= ARG_COUNT_MAX || s->used + n > ARG_BYTES_MAX)
		return -E2BIG;
	while (room < s->used + n)
		room *= 2;
	if (room == s->room)
		return 0;
	p = krealloc(s->bytes, room);
	if (!p)
		return -ENOMEM;
	s->bytes = p;
	s->room = room;
	return 0;
}

static int strings_add(struct strings *s, const char *string)
{
	size_t n = strlen(string) + 1;
	int rc = strings_room(s, n);

	if (rc)
		return rc;
	memcpy(s->bytes + s->used, string, n);
	s->used += n;
	s->count++;
	return 0;
}

static int strings_add_user(struct strings *s, const char *user)
{
	size_t guess = 128;
	long n;
	int rc;

	for (;; guess *= 4) {
		rc = strings_room(s, guess);
		if (rc)
			return rc;
		n = machine_copy_string(s->bytes + s->used, user, guess);
		if (n < 0)
			return n;
		if (n < (long)guess)
			break;
		if (guess >= STRING_MAX)
			return -E2BIG;
	}
	s->used += n + 1;
	s->count++;
	return 0;
}

static int strings_from_user(struct strings *s, const uint32_t *vector)
{
	uint32_t p;
	int rc;

	if (!vector)
		return 0;
	for (;; vector++) {
		if (copy_from_user(&p, vector, sizeof(p)))
			return -EFAULT;
		if (!p)
			return 0;
		rc = strings_add_user(s, (const char *)(unsigned long)p);
		if (rc)
			return rc;
	}
}

static int strings_from_kernel(struct strings *s, const char *const *vector)
{
	int rc = 0;

	for (; *vector && !rc; vector++)
		rc = strings_add(s, *vector);
	return rc;
}

/* The first string goes, `n` new ones come in its place. */
static int strings_replace_first(struct strings *s, const char *const *first, unsigned n)
{
	struct strings new = { 0 };
	size_t skip = s->count ? strlen(s->bytes) + 1 : 0;
	unsigned i;
	int rc = 0;

	for (i = 0; i < n && !rc; i++)
		rc = strings_add(&new, first[i]);
	if (!rc)
		rc = strings_room(&new, s->used - skip);
	if (rc) {
		kfree(new.bytes);
		return rc;
	}
	memcpy(new.bytes + new.used, s->bytes + skip, s->used - skip);
	new.used += s->used - skip;
	new.count += s->count ? s->count - 1 : 0;
	kfree(s->bytes);
	*s = new;
	return 0;
}

static void exec_free(struct exec *e)
{
	kfree(e->args.bytes);
	kfree(e->env.bytes);
	kfree(e->execfn);
	kfree(e);
}

/* ---- Scripts ---- */

/* "#! interpreter [argument]": the words are cut out of the line in place. */
static int parse_script(char *line, long n, char **interp, char **arg)
{
	char *p, *end = memchr(line, '\n', n);

	if (!end)
		return -ENOEXEC;
	while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*end = 0;
	for (p = line + 2; *p == ' ' || *p == '\t'; p++)
		;
	if (!*p)
		return -ENOEXEC;
	*interp = p;
	for (; *p && *p != ' ' && *p != '\t'; p++)
		;
	*arg = NULL;
	if (*p) {
		*p++ = 0;
		for (; *p == ' ' || *p == '\t'; p++)
			;
		*arg = p;
	}
	return 0;
}

/* The program becomes the script's interpreter, its arguments: interpreter [argument] script ... */
static int exec_script(struct exec *e, char **path)
{
	const char *first[3];
	char *interp, *arg, *name;
	unsigned n = 0;
	int rc = parse_script(e->head, min(e->head_size, (long)HEAD_SIZE - 1), &interp, &arg);

	if (rc)
		return rc;
	first[n++] = interp;
	if (arg)
		first[n++] = arg;
	first[n++] = *path;
	rc = strings_replace_first(&e->args, first, n);
	name = rc ? NULL : kstrdup(interp);
	if (!name)
		return rc ? rc : -ENOMEM;
	kfree(*path);
	*path = name;
	return 0;
}

/* Opens what is to be run in the end; *path (kmalloc) is replaced by the interpreter's on the way. */
static struct file *open_program(struct exec *e, char **path)
{
	struct file *f;
	unsigned depth;
	int rc;

	for (depth = 0; depth < SCRIPT_NESTING; depth++) {
		f = vfs_open_exec(*path);
		if (is_err(f))
			return f;
		e->head_size = file_pread(f, e->head, HEAD_SIZE, 0);
		if (e->head_size < 2 || e->head[0] != '#' || e->head[1] != '!')
			return f;
		file_put(f);
		rc = exec_script(e, path);
		if (rc)
			return err_ptr(rc);
	}
	return err_ptr(-ELOOP);
}

/* ---- The stack of the new program ---- */

#define RANDOM_SIZE 16

static int put_vector(uint32_t **at, const struct strings *s, unsigned long base)
{
	size_t offset = 0;
	unsigned i;

	for (i = 0; i < s->count; i++) {
		uint32_t p = base + offset;

		if (copy_to_user((*at)++, &p, sizeof(p)))
			return -EFAULT;
		offset += strlen(s->bytes + offset) + 1;
	}
	return clear_user((*at)++, sizeof(uint32_t));
}

/*
 * From the top: name of the program, environment, arguments, random bytes, then (16-byte aligned at
 * its lower end) argc, argv, envp, auxv. Runs in the new address space.
 */
static long build_stack(const struct exec *e, const struct elf_image *image, struct mm *mm)
{
	uint32_t auxv[AUXV_WORDS_MAX], *at, argc = e->args.count;
	uint8_t random[RANDOM_SIZE];
	unsigned long execfn, env, args, rnd, sp;
	unsigned words;

	execfn = STACK_TOP - sizeof(uint32_t) - (strlen(e->execfn) + 1);
	env = execfn - e->env.used;
	args = env - e->args.used;
	rnd = align_down(args - RANDOM_SIZE, 16ul);
	words = elf_auxv(auxv, image, execfn, rnd);
	sp = rnd - (1 + e->args.count + 1 + e->env.count + 1 + words) * sizeof(uint32_t);
	sp = align_down(sp, 16ul);
	random_bytes(random, sizeof(random));
	at = (uint32_t *)sp;
	if (copy_to_user((void *)execfn, e->execfn, strlen(e->execfn) + 1) ||
	    copy_to_user((void *)env, e->env.bytes, e->env.used) ||
	    copy_to_user((void *)args, e->args.bytes, e->args.used) ||
	    copy_to_user((void *)rnd, random, sizeof(random)) ||
	    copy_to_user(at++, &argc, sizeof(argc)) || put_vector(&at, &e->args, args) ||
	    put_vector(&at, &e->env, env) || copy_to_user(at, auxv, words * sizeof(uint32_t)))
		return -EFAULT;
	mm->stack_start = sp;
	mm->arg_start = args;
	mm->arg_end = mm->env_start = env;
	mm->env_end = execfn;
	return sp;
}

static int add_stack_region(struct mm *mm)
{
	struct vma v = { .start = STACK_TOP - STACK_INITIAL,
			 .end = STACK_TOP,
			 .prot = PROT_READ | PROT_WRITE,
			 .flags = MAP_PRIVATE | MAP_GROWSDOWN,
			 .file_bytes = ~0ull };

	return vma_insert(mm, &v);
}

/* One page for all programs. We keep a reference of our own: whoever writes gets a copy. */
static int add_signal_code(struct mm *mm)
{
	static pfn_t page = { ~0ul };
	struct vma v = { .start = MACHINE_SIGNAL_CODE_VA,
			 .end = MACHINE_SIGNAL_CODE_VA + PAGE_SIZE,
			 .prot = PROT_READ | PROT_EXEC,
			 .flags = MAP_PRIVATE,
			 .file_bytes = ~0ull };
	int rc;

	if (pfn_is_none(page)) {
		page = page_alloc_zeroed();
		if (pfn_is_none(page))
			return -ENOMEM;
		machine_signal_code(machine_page_va(page));
	}
	rc = vma_insert(mm, &v);
	if (!rc)
		rc = space_map(mm->space, v.start, page, vma_access(&v, true));
	if (!rc)
		page_get(page);
	return rc;
}

/* ---- The change ---- */

static void use_mm(struct mm *mm)
{
	struct mm *old = current->mm;
	unsigned long state = irq_save();

	current->mm = mm;
	space_switch(mm->space);
	irq_restore(state);
	mm_put(old);
}

static struct mm *build_mm(struct exec *e, struct file *f, struct elf_image *image)
{
	struct mm *mm = mm_create();
	int rc;

	if (!mm)
		return err_ptr(-ENOMEM);
	rc = e->head_size < 0 ? e->head_size : elf_load(mm, f, e->head, e->head_size, image);
	if (!rc)
		rc = add_stack_region(mm);
	if (!rc)
		rc = add_signal_code(mm);
	if (rc) {
		mm_put(mm);
		return err_ptr(rc);
	}
	mm->code_start = image->code_start;
	mm->code_end = image->code_end;
	mm->data_start = image->data_start;
	mm->data_end = image->data_end;
	mm->brk_start = mm->brk = align_up(image->end, PAGE_SIZE);
	return mm;
}

static void new_identity(struct file *f, const char *path)
{
	struct process *p = current->proc;
	const char *base = strrchr(path, '/');

	task_set_name(current, base ? base + 1 : path);
	kfree(p->exe_path);
	p->exe_path = file_name(f);
	if (p->exe)
		file_put(p->exe);
	p->exe = f;
	p->execed = true;
	current->clear_tid = NULL;
	current->robust_list = NULL;
	current->restart_fn = NULL;
}

/* From here on the old program is gone. Takes over the references on f and mm. */
static long commit(struct exec *e, struct file *f, struct mm *mm, const struct elf_image *image)
{
	struct task *t = current;
	long sp;

	use_mm(mm);
	proc_vfork_done(t);
	new_identity(f, e->execfn);
	fdtable_close_on_exec(t->files);
	signal_exec_reset(t);
	machine_thread_reset(&t->thread);
	sp = build_stack(e, image, mm);
	if (is_err((void *)sp))
		return sp;
	machine_regs_program(machine_user_regs(t->stack), image->start, sp);
	return 0;
}

/* Handlers shared by CLONE_SIGHAND without CLONE_VM's process would be reset for the others too. */
static int unshare_sighand(struct task *t)
{
	struct sighand *s;

	if (t->sighand->refs == 1)
		return 0;
	s = sighand_copy(t->sighand);
	if (!s)
		return -ENOMEM;
	spin_lock(&proc_lock);
	sighand_put(t->sighand);
	t->sighand = s;
	spin_unlock(&proc_lock);
	return 0;
}

static long exec_program(struct exec *e, const char *path)
{
	char *real = kstrdup(path);
	struct elf_image image;
	struct file *f;
	struct mm *mm;
	long rc;

	e->execfn = kstrdup(path);
	if (!real || !e->execfn) {
		kfree(real);
		return -ENOMEM;
	}
	/* A program without even its name would be surprised. */
	rc = e->args.count ? 0 : strings_add(&e->args, "");
	f = rc ? err_ptr(rc) : open_program(e, &real);
	kfree(real);
	if (is_err(f))
		return ptr_err(f);
	mm = build_mm(e, f, &image);
	rc = is_err(mm) ? ptr_err(mm) : fdtable_unshare(current);
	if (!rc)
		rc = unshare_sighand(current);
	if (!rc)
		rc = proc_become_only_thread();
	if (rc) {
		if (!is_err(mm))
			mm_put(mm);
		file_put(f);
		return rc;
	}
	if (commit(e, f, mm, &image)) {
		spin_lock(&proc_lock);
		signal_kill_locked(current->proc);
		spin_unlock(&proc_lock);
	}
	return 0;
}

long proc_execve(const char *user_path, const uint32_t *user_argv, const uint32_t *user_envp)
{
	struct exec *e = kzalloc(sizeof(*e));
	char *path = kmalloc(PATH_LENGTH);
	long rc = e && path ? 0 : -ENOMEM;

	if (!rc)
		rc = strncpy_from_user(path, user_path, PATH_LENGTH);
	if (rc >= 0)
		rc = strings_from_user(&e->args, user_argv);
	if (!rc)
		rc = strings_from_user(&e->env, user_envp);
	if (!rc)
		rc = exec_program(e, path);
	kfree(path);
	if (e)
		exec_free(e);
	return rc;
}

long proc_exec_kernel(const char *path, const char *const argv[], const char *const envp[])
{
	struct exec *e = kzalloc(sizeof(*e));
	long rc = e ? strings_from_kernel(&e->args, argv) : -ENOMEM;

	if (!rc)
		rc = strings_from_kernel(&e->env, envp);
	if (!rc)
		rc = exec_program(e, path);
	if (e)
		exec_free(e);
	if (!rc)
		machine_enter_user(current->stack);
	return rc;
}
