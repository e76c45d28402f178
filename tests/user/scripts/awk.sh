# SPDX-License-Identifier: MIT
# awk: fields, arrays, functions, arithmetic, printf.
seq 100 | awk '{ s += $1 } END { print s, s / NR }'
printf 'a 3\nb 5\na 4\n' | awk '{ t[$1] += $2 } END { for (k in t) print k, t[k] }' | sort
awk 'BEGIN { printf "%5.2f|%-6s|%03d|%x\n", 3.14159, "ab", 7, 255 }'
awk 'function f(n) { return n < 2 ? n : f(n - 1) + f(n - 2) } BEGIN { print f(15) }'
echo 'one two three' | awk '{ $2 = toupper($2); print; print NF, length($0) }'
awk 'BEGIN { s = "a-b-c"; n = split(s, p, "-"); for (i = n; i > 0; i--) printf "%s ", p[i]; print "" }'
awk -F: '{ print $1 }' /dev/null; echo "status $?"
awk 'BEGIN { print substr("hello", 2, 3), index("hello", "ll"), match("foobar", /o+/) }'
awk 'BEGIN { x = 1; while (x < 1000) x *= 3; print x, exp(0), int(-3.7), sqrt(144) }'
printf '1\n2\n3\n' | awk 'NR % 2 { print "odd", $0; next } { print "even", $0 }'
awk 'BEGIN { "echo from a command" | getline line; print line }'
awk 'BEGIN { print "to sort 2\nto sort 1" | "sort" }'
awk 'BEGIN { exit 7 }'; echo $?
