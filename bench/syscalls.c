/* SPDX-License-Identifier: MIT */
/*
 * What a program pays for the kernel's services, in instructions.
 *
 * A static program on newlib, the first one that Ringlet starts. It times each service by the TSC; under
 * QEMU's `-icount shift=0,sleep=off` one tick is one executed instruction of program, kernel and
 * hypervisor together. One line a row: "bench NAME TENTHS". The rows are those of bench/linux-6.1.csv,
 * where the figures of Linux 6.1 stand, native and paravirtualized.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096

static int null_fd, zero_fd, pipe_ab[2], pipe_ba[2];
static char byte;

static uint64_t rdtsc(void)
{
	uint32_t low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

static void print_row(const char *name, uint64_t ticks, unsigned int parts)
{
	printf("bench %s %llu\n", name, (unsigned long long)(ticks * 10 / parts));
}

/* The fastest of three series: a timer tick in one does not count. */
static void row(const char *name, void (*operation)(void), unsigned int rounds)
{
	uint64_t best = ~0ULL;

	operation();
	for (int series = 0; series < 3; series++) {
		uint64_t start = rdtsc(), took;

		for (unsigned int i = 0; i < rounds; i++)
			operation();
		took = rdtsc() - start;
		if (took < best)
			best = took;
	}
	print_row(name, best, rounds);
}

static void do_getppid(void)
{
	/* No library call stands between: the figure is the system call's. */
	int result;

	asm volatile("int $0x80" : "=a"(result) : "0"(64) : "memory");
}

static void do_write_null(void)
{
	if (write(null_fd, &byte, 1) != 1)
		abort();
}

static void do_read_zero(void)
{
	if (read(zero_fd, &byte, 1) != 1)
		abort();
}

static void do_stat(void)
{
	struct stat s;

	if (stat("/bin/busybox", &s))
		abort();
}

static void do_open_close(void)
{
	int fd = open("/bin/busybox", O_RDONLY);

	if (fd < 0)
		abort();
	close(fd);
}

static void on_signal(int sig)
{
	(void)sig;
}

static void do_signal(void)
{
	kill(getpid(), SIGUSR1);
}

/* One page after the other of an untouched mapping, so that each store is a fault. */
static void page_fault_row(void)
{
	const unsigned int pages = 256;
	char *m = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);
	uint64_t start = rdtsc();

	for (unsigned int i = 0; i < pages; i++)
		*(volatile char *)(m + i * PAGE) = 1;
	print_row("page-fault", rdtsc() - start, pages);
	munmap(m, pages * PAGE);
}

static void do_mmap_untouched(void)
{
	char *m = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(m, 1 << 20);
}

static void do_mmap_touched(void)
{
	char *m = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (unsigned int i = 0; i < 1 << 20; i += PAGE)
		*(volatile char *)(m + i) = 1;
	munmap(m, 1 << 20);
}

static void do_pipe_self(void)
{
	if (write(pipe_ab[1], &byte, 1) != 1 || read(pipe_ab[0], &byte, 1) != 1)
		abort();
}

static void do_pipe_round_trip(void)
{
	if (write(pipe_ab[1], &byte, 1) != 1 || read(pipe_ba[0], &byte, 1) != 1)
		abort();
}

/* The other end answers each byte; a round trip is two context switches. */
static void switch_rows(void)
{
	pid_t child = fork();

	if (child == 0) {
		while (read(pipe_ab[0], &byte, 1) == 1 && byte != 'q')
			if (write(pipe_ba[1], &byte, 1) != 1)
				break;
		_exit(0);
	}
	row("pipe-round-trip", do_pipe_round_trip, 64);
	byte = 'q';
	if (write(pipe_ab[1], &byte, 1) != 1)
		abort();
	waitpid(child, NULL, 0);
}

static void do_fork(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	waitpid(child, NULL, 0);
}

static void do_exec(void)
{
	pid_t child = fork();

	if (child == 0) {
		execl("/bench/nothing", "nothing", NULL);
		_exit(1);
	}
	waitpid(child, NULL, 0);
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	null_fd = open("/dev/null", O_WRONLY);
	zero_fd = open("/dev/zero", O_RDONLY);
	if (null_fd < 0 || zero_fd < 0 || pipe(pipe_ab) || pipe(pipe_ba)) {
		puts("bench: no /dev or no pipes");
		return 1;
	}
	signal(SIGUSR1, on_signal);
	row("getppid", do_getppid, 256);
	row("write-1", do_write_null, 256);
	row("read-1", do_read_zero, 256);
	row("stat", do_stat, 64);
	row("open-close", do_open_close, 64);
	row("signal", do_signal, 64);
	page_fault_row();
	row("mmap-1m", do_mmap_untouched, 16);
	row("mmap-1m-touched", do_mmap_touched, 4);
	row("pipe-self", do_pipe_self, 64);
	switch_rows();
	row("fork-exit-wait", do_fork, 8);
	row("fork-exec", do_exec, 8);
	puts("Test result: SUCCESS");
	reboot(RB_POWER_OFF);
	return 0;
}
