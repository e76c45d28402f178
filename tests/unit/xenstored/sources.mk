# SPDX-License-Identifier: MIT
xenstored_SOURCES := $(addprefix user/xenstored/,access.c connection.c operation.c request.c ring.c save.c \
	transaction.c tree.c watch.c) $(addprefix user/xenstore/,judge.c text.c)
xenstored_HELPERS := fake.c
xenstored_FLAGS := -iquote user/xenstored -iquote user/xenstore -iquote user/lib -D_GNU_SOURCE
# Memory can be made to run out.
xenstored_LIBS := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
