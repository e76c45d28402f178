# SPDX-License-Identifier: MIT
xl_SOURCES := user/xl/config.c user/xl/spec.c
