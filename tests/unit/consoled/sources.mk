# SPDX-License-Identifier: MIT
# The console daemon: rings with honest and hostile indices, logs, and whole consoles on the host's ptys, with
# a store and a hypervisor that are a few lines each (fakes.c).

consoled_SOURCES := user/xenconsoled/ring.c user/xenconsoled/history.c user/xenconsoled/log.c \
	user/xenconsoled/console.c
consoled_HELPERS := fakes.c
consoled_FLAGS	 := -D_GNU_SOURCE -Iuser/xenconsoled -Iuser/lib
consoled_LIBS	 := -lutil
