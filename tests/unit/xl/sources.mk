# SPDX-License-Identifier: MIT
xl_SOURCES := user/xl/config.c user/xl/json.c user/xl/spec.c
xl_FLAGS := -D_GNU_SOURCE
