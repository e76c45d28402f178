#!/bin/sh
# SPDX-License-Identifier: MIT
# From `nm -n` (standard input) to the table of our functions that console/symbols.c searches: offsets
# from the image's start and names, both in order of address.
exec awk '
BEGIN { print ".section .symtab_hv, \"a\"\n.globl hv_symbols, hv_symbol_count, hv_symbol_names" }
$2 ~ /^[tT]$/ && $3 !~ /^(image_|\.)/ { address[n] = $1; name[n++] = $3 }
END {
	print ".balign 4\nhv_symbol_count: .long " n + 0 "\nhv_symbols:"
	for (i = 0; i < n; i++) {
		print ".long 0x" substr(address[i], 9) ", " at + 0
		at += length(name[i]) + 1
	}
	print "hv_symbol_names:"
	for (i = 0; i < n; i++)
		print ".asciz \"" name[i] "\""
	print ".section .note.GNU-stack, \"\", @progbits"
}'
