# SPDX-License-Identifier: MIT
fs_SOURCES := $(addprefix kernel/fs/,attr.c context.c cpio.c fdtable.c file.c filelock.c init.c inode.c \
	iter.c mount.c namei.c nameops.c open.c pagetree.c pipe.c pipebuf.c poll.c ramfs.c \
	ramfs_file.c text.c ext2/alloc.c ext2/dir.c ext2/file.c ext2/inode.c ext2/map.c ext2/meta.c \
	ext2/name.c ext2/super.c) $(addprefix kernel/block/,block.c cache.c node.c partition.c wait.c) \
	kernel/tty/ldisc.c kernel/tty/ldisc_echo.c kernel/linux/dirent.c
fs_HELPERS := fake.c
# Quoted names only: kernel/include has headers that are called like those of the host.
fs_FLAGS := -iquote kernel -iquote kernel/include -Iinclude -Iarch/x86/include
