/* SPDX-License-Identifier: MIT */
/*
 * Pipes: the ring of pages against a plain queue, and what reading and writing mean at its ends.
 */
#include "fake.h"
#include "fs/pipebuf.h"
#include "signal.h"
#include <stdlib.h>

static long put(struct pipebuf *b, const void *bytes, size_t n)
{
	struct iter from;

	iter_kernel(&from, (void *)bytes, n);
	return pipebuf_write(b, &from, n);
}

static long take(struct pipebuf *b, void *bytes, size_t n)
{
	struct iter to;

	iter_kernel(&to, bytes, n);
	return pipebuf_read(b, &to, n);
}

/* A million bytes in random portions: what comes out is what went in, and pages are given back. */
static void ring_agrees_with_a_queue(void **state)
{
	static uint8_t bytes[80000], expected;
	struct pipebuf b = { 0 };
	uint8_t next = 0;

	(void)state;
	srand(7);
	for (int round = 0; round < 4000; round++) {
		size_t n = (size_t)rand() % (round % 7 ? 5000 : sizeof(bytes));
		size_t room = pipebuf_room(&b), used = pipebuf_used(&b);
		long r;

		if (rand() % 2) {
			for (size_t i = 0; i < n; i++)
				bytes[i] = (uint8_t)(next + i);
			r = put(&b, bytes, n);
			assert_int_equal(r, n < room ? n : room);
			next = (uint8_t)(next + r);
		} else {
			r = take(&b, bytes, n);
			assert_int_equal(r, n < used ? n : used);
			for (long i = 0; i < r; i++)
				assert_int_equal(bytes[i], expected++);
		}
		assert_true(fake_pages <= (long)PIPE_PAGES);
		if (!pipebuf_used(&b))
			assert_int_equal(fake_pages, 0);
	}
	pipebuf_free(&b);
	assert_int_equal(fake_pages, 0);
}

/* The newest bytes share a page with the oldest: leaving the page must not lose them. */
static void full_ring_keeps_a_shared_page(void **state)
{
	static uint8_t bytes[PIPE_SIZE], out[PIPE_SIZE];
	struct pipebuf b = { 0 };

	(void)state;
	memset(bytes, 1, 100);
	assert_int_equal(put(&b, bytes, 100), 100);
	assert_int_equal(take(&b, out, 100), 100);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i / 100);
	assert_int_equal(put(&b, bytes, sizeof(bytes)), PIPE_SIZE);
	for (size_t i = 0; i < PIPE_SIZE; i += 512)
		assert_int_equal(take(&b, out + i, 512), 512);
	assert_memory_equal(out, bytes, sizeof(bytes));
	assert_int_equal(fake_pages, 0);
}

static void no_page_is_enomem_or_a_short_write(void **state)
{
	static uint8_t bytes[3 * PAGE_SIZE];
	struct pipebuf b = { 0 };

	(void)state;
	fake_pages_left = 0;
	assert_int_equal(put(&b, bytes, 1), -ENOMEM);
	fake_pages_left = 2;
	assert_int_equal(put(&b, bytes, sizeof(bytes)), 2 * PAGE_SIZE);
	fake_pages_left = -1;
	pipebuf_free(&b);
}

/* ---- as files ---- */

static struct file *ends[2];

static int pipe_setup(void **state)
{
	return fs_setup(state) || pipe_create(ends, O_NONBLOCK);
}

static int pipe_teardown(void **state)
{
	for (int i = 0; i < 2; i++)
		if (ends[i])
			file_put(ends[i]);
	return fs_teardown(state);
}

static void close_end(int i)
{
	file_put(ends[i]);
	ends[i] = NULL;
}

static long write_end(const void *bytes, size_t n)
{
	struct iter from;

	iter_kernel(&from, (void *)bytes, n);
	return file_write(ends[1], &from);
}

static long read_end(void *bytes, size_t n)
{
	struct iter to;

	iter_kernel(&to, bytes, n);
	return file_read(ends[0], &to);
}

static void bytes_go_through(void **state)
{
	char buf[8] = "";

	(void)state;
	assert_int_equal(write_end("hello", 5), 5);
	assert_int_equal(read_end(buf, 2), 2);
	assert_int_equal(read_end(buf + 2, 6), 3);
	assert_string_equal(buf, "hello");
}

static void empty_pipe_says_eagain_then_end(void **state)
{
	char c;

	(void)state;
	assert_int_equal(read_end(&c, 1), -EAGAIN);
	assert_int_equal(read_end(&c, 0), 0);
	close_end(1);
	assert_int_equal(read_end(&c, 1), 0);
}

static void waiting_ends_with_a_signal(void **state)
{
	char c;

	(void)state;
	ends[0]->flags &= ~(unsigned)O_NONBLOCK;
	assert_int_equal(read_end(&c, 1), -ERESTARTSYS);
}

static void data_outlives_its_writer(void **state)
{
	char buf[4];

	(void)state;
	assert_int_equal(write_end("abc", 3), 3);
	close_end(1);
	assert_int_equal(read_end(buf, 4), 3);
	assert_int_equal(read_end(buf, 4), 0);
}

static void no_reader_is_epipe_and_a_signal(void **state)
{
	(void)state;
	close_end(0);
	assert_int_equal(write_end("x", 1), -EPIPE);
	assert_int_equal(fake_signals, 1u << SIGPIPE);
	fake_signals = 0;
	assert_int_equal(write_end("x", 0), 0);
	assert_int_equal(fake_signals, 0);
}

static void wrong_end_is_ebadf(void **state)
{
	struct iter it;
	char c = 0;

	(void)state;
	iter_kernel(&it, &c, 1);
	assert_int_equal(file_write(ends[0], &it), -EBADF);
	assert_int_equal(file_read(ends[1], &it), -EBADF);
	assert_int_equal(file_seek(ends[0], 0, SEEK_CUR), -ESPIPE);
	assert_int_equal(file_read_at(ends[0], &it, 0), -ESPIPE);
}

/* A write of up to PIPE_BUF bytes is all or nothing; a larger one takes what there is room for. */
static void small_writes_are_never_split(void **state)
{
	static char bytes[2 * PIPE_SIZE];

	(void)state;
	assert_int_equal(write_end(bytes, PIPE_SIZE - 100), PIPE_SIZE - 100);
	assert_int_equal(write_end(bytes, PIPE_BUF), -EAGAIN);
	assert_int_equal(write_end(bytes, 101), -EAGAIN);
	assert_int_equal(write_end(bytes, PIPE_BUF + 1), 100);
	assert_int_equal(write_end(bytes, PIPE_BUF + 1), -EAGAIN);
	assert_int_equal(read_end(bytes, 1), 1);
	assert_int_equal(write_end(bytes, 1), 1);
}

static void poll_tells_the_ends(void **state)
{
	static char bytes[PIPE_SIZE];

	(void)state;
	assert_int_equal(file_poll(ends[0], NULL), 0);
	assert_int_equal(file_poll(ends[1], NULL), POLLOUT | POLLWRNORM);
	write_end(bytes, sizeof(bytes));
	assert_int_equal(file_poll(ends[0], NULL), POLLIN | POLLRDNORM);
	assert_int_equal(file_poll(ends[1], NULL), 0);
	close_end(1);
	assert_int_equal(file_poll(ends[0], NULL), POLLIN | POLLRDNORM | POLLHUP);
	read_end(bytes, sizeof(bytes));
	assert_int_equal(file_poll(ends[0], NULL), POLLHUP);
}

static void writer_sees_pollerr(void **state)
{
	(void)state;
	close_end(0);
	assert_int_equal(file_poll(ends[1], NULL), POLLOUT | POLLWRNORM | POLLERR);
}

static void fifo_opens_as_its_flags_say(void **state)
{
	struct file *r, *w;

	(void)state;
	assert_int_equal(vfs_mknod(AT_FDCWD, "/fifo", S_IFIFO | 0666, 0), 0);
	assert_int_equal(ptr_err(vfs_open("/fifo", O_WRONLY | O_NONBLOCK, 0)), -ENXIO);
	assert_int_equal(ptr_err(vfs_open("/fifo", O_RDONLY, 0)), -ERESTARTSYS);
	r = vfs_open("/fifo", O_RDONLY | O_NONBLOCK, 0);
	assert_false(is_err(r));
	assert_int_equal(file_poll(r, NULL), 0); /* no writer yet is no hang-up */
	w = vfs_open("/fifo", O_WRONLY | O_NONBLOCK, 0);
	assert_false(is_err(w));
	file_put(w);
	assert_int_equal(file_poll(r, NULL), POLLHUP);
	file_put(r);
	r = vfs_open("/fifo", O_RDWR, 0);
	assert_false(is_err(r));
	file_put(r);
}

/* What /proc/PID/fd leads to: an open must not wait for a writer that has left for good. */
static void pipes_open_again_without_waiting(void **state)
{
	struct file again = { .flags = O_RDONLY, .path = ends[0]->path };
	char c = 0;

	(void)state;
	write_end("x", 1);
	close_end(1);
	assert_int_equal(fifo_fops.open(&again, again.path.inode), 0);
	assert_int_equal(read_end(&c, 1), 1);
	assert_int_equal(c, 'x');
	again.ops->release(&again);
}

#define PIPE_TEST(name) cmocka_unit_test_setup_teardown(name, pipe_setup, pipe_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ring_agrees_with_a_queue),
		cmocka_unit_test(full_ring_keeps_a_shared_page),
		cmocka_unit_test(no_page_is_enomem_or_a_short_write),
		PIPE_TEST(bytes_go_through),
		PIPE_TEST(empty_pipe_says_eagain_then_end),
		PIPE_TEST(waiting_ends_with_a_signal),
		PIPE_TEST(data_outlives_its_writer),
		PIPE_TEST(no_reader_is_epipe_and_a_signal),
		PIPE_TEST(wrong_end_is_ebadf),
		PIPE_TEST(small_writes_are_never_split),
		PIPE_TEST(poll_tells_the_ends),
		PIPE_TEST(writer_sees_pollerr),
		PIPE_TEST(pipes_open_again_without_waiting),
		PIPE_TEST(fifo_opens_as_its_flags_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
