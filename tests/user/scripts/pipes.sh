# SPDX-License-Identifier: MIT
# Pipelines of the small text tools.
seq 1 200 | wc
seq 1 200 | grep 7 | wc -l
printf 'pear\napple\nfig\napple\n' | sort | uniq -c | sort -rn
printf 'a:1\nb:2\nc:3\n' | cut -d: -f2 | tr '\n' '+'; echo
seq 10 | sort -rn | head -3 | tail -1
echo 'The quick brown fox' | tr 'a-z' 'A-Z' | rev
printf 'x\ty\tz\n' | cut -f1,3
yes line | head -1000 | wc -c
seq 5 | paste -sd, - 2>/dev/null || seq 5 | tr '\n' ,
seq 20 | tee copy | tail -n +18; wc -l copy
printf '3 c\n1 a\n2 b\n' | sort -k1n | while read -r n l; do echo "$l$n"; done
ls /nonexistent 2>/dev/null | wc -l
expr 6 \* 7
seq 1 3 9 | nl
printf 'one\ntwo\n' | cat -n
fold -w 5 <<E
abcdefghijklm
E
