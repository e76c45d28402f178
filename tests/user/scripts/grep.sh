# SPDX-License-Identifier: MIT
# grep and friends: patterns, counts, contexts, files.
seq 100 > n; printf 'Apple\nbanana\napricot\nBlueberry\n' > w
grep -c 1 n; grep -n '^9' n | head -3; grep -v '[0-8]' n; grep -E '^(1|2)0?$' n
grep -i '^a' w; grep -o 'an' w | wc -l; grep -q nothing w; echo $?; grep x nofile 2>/dev/null; echo $?
grep -A1 -B1 '^50$' n; grep -l 5 n w; grep -w 7 n; grep -x 77 n; grep -F . n; echo $?
grep -r banana . ; grep -e 1 -e 2 n | wc -l; grep -f - n <<E
^4$
^44$
E
egrep 'a{1}n(an)+a' w; fgrep '1' n | wc -l
