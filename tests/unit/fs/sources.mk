# SPDX-License-Identifier: MIT
fs_SOURCES := $(addprefix kernel/fs/,attr.c context.c cpio.c fdtable.c file.c filelock.c init.c inode.c \
	iter.c mount.c namei.c nameops.c open.c pagetree.c pipe.c pipebuf.c poll.c ramfs.c \
	ramfs_file.c text.c) kernel/tty/ldisc.c kernel/tty/ldisc_echo.c kernel/linux/dirent.c
fs_HELPERS := fake.c
# Quoted names only: kernel/include has headers that are called like those of the host.
fs_FLAGS := -iquote kernel -iquote kernel/include -Iinclude -Iarch/x86/include
