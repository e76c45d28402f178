# SPDX-License-Identifier: MIT
# Background jobs, wait, kill, exit statuses of signals, timeouts.
sleep 1 & p=$!; kill $p; wait $p 2>/dev/null; echo "killed: $?"
(sleep 0.1; exit 3) & wait $!; echo "exit: $?"
for i in 9 1 5; do (sleep 0.$i; echo "job $i"; exit $i) & done; wait; echo "all: $?"
sh -c 'kill -9 $$'; echo "KILL: $?"
sh -c 'kill -SEGV $$' 2>/dev/null; echo "SEGV: $?"
timeout 0.2 sleep 5; echo "timeout: $?"
timeout 5 true; echo "in time: $?"
trap 'echo got TERM' TERM; (sleep 0.1; kill -TERM $$) & wait; echo "wait: $?"; wait
trap - TERM
sh -c 'trap "" INT; kill -INT $$; echo survived'
sh -c 'trap "echo bye; exit 5" INT; kill -INT $$; echo not here'; echo $?
(exec sh -c 'exit 9'); echo $?
cat /dev/zero | head -c 100000 | wc -c
yes | sed 5q | wc -l
mkfifo p 2>/dev/null && { (echo through > p) & cat p; wait; }
nohup true 2>/dev/null; echo $?
sh -c 'sleep 10 & kill %1; wait %1; echo $?' 2>/dev/null
