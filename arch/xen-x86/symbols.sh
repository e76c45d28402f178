#!/bin/sh
# SPDX-License-Identifier: MIT
# Writes, as assembler, the table by which a backtrace names functions: symbols.sh IMAGE
# Format: addresses ascending, then offsets into one run of NUL-terminated names.
set -eu
echo '	.section .symbols, "a"'
echo '	.balign 4'
nm -n "$1" | awk '
$2 ~ /^[tT]$/ { addr[n] = $1; name[n++] = $3 }
END {
	printf "\t.globl symbol_count\nsymbol_count: .long %d\n", n
	printf "\t.globl symbol_table\nsymbol_table:\n"
	for (i = 0; i < n; i++)
		printf "\t.long 0x%s, .Ln%d - symbol_names\n", addr[i], i
	printf "\t.globl symbol_names\nsymbol_names:\n"
	for (i = 0; i < n; i++)
		printf ".Ln%d:\t.asciz \"%s\"\n", i, name[i]
}'
echo '	.section .note.GNU-stack, "", @progbits'
