# SPDX-License-Identifier: MIT
# Forks by the hundred: nothing may be lost, mixed up or left over.
i=0; while [ $i -lt 100 ]; do i=$((i + 1)); /bin/true 2>/dev/null || busybox true; done; echo $i
for i in $(seq 30); do echo $i & done | sort -n | tr '\n' ' '; wait; echo
for i in $(seq 20); do (for j in 1 2 3; do echo $i.$j; done) & done | sort | md5sum; wait
x=0; for i in $(seq 50); do x=$((x + $(echo $i))); done; echo $x
seq 60 | xargs -n 7 echo | tail -1; seq 20 | xargs -n1 sh -c 'echo $(($0 * $0))' | tail -2
echo a | cat | cat | cat | cat | cat | cat | cat | cat | cat | cat
find . | while read -r f; do cat "$f" 2>/dev/null; done | wc -c
sh -c 'sh -c "sh -c \"sh -c exit\\ 6\""'; echo $?
