# SPDX-License-Identifier: MIT
# The shell: loops, case, functions, arithmetic, quoting, here documents, substitutions.
for i in 1 2 3; do printf '%s ' "$i"; done; echo
i=0; while [ $i -lt 5 ]; do i=$((i + 1)); [ $i = 3 ] && continue; echo -n "$i "; done; echo
until [ $i -eq 0 ]; do i=$((i - 1)); done; echo "i=$i"
case foo.tar.gz in *.zip) echo zip ;; *.tar.*) echo tar ;; *) echo other ;; esac
fact() { if [ "$1" -le 1 ]; then echo 1; else echo $(($1 * $(fact $(($1 - 1))))); fi; }
fact 10
echo $((7 / 2)) $((7 % 3)) $((1 << 10)) $((0x1f & 17)) $((5 > 3 ? 10 : 20)) $((-8 >> 1))
v=hello; echo "${v%l*}" "${v#h}" "${#v}" "${v:-none}" "${w:-none}" "${v:1:3}" "${v/l/L}"
echo 'single $v' "double $v" \$v "`echo back`" "$(echo "nested $(echo deep)")"
cat <<END
v is $v, sum $((2 + 3))
END
cat <<'END'
v is $v
END
cat <<-END
	tabs removed
	END
set -- a 'b c' d; echo $#; for x in "$@"; do echo "<$x>"; done; shift 2; echo "$1"
f() { local v=inner; echo $v; return 3; }; f; echo "$? $v"
true && echo yes || echo no; false && echo yes || echo no; ! false; echo $?
(v=sub; echo $v; exit 4); echo "$? $v"
{ echo grouped; echo lines; } | wc -l
echo one > f; echo two >> f; cat < f; cat f nofile 2>&1 | sed 's/.*: //'
exec 3> three; echo to three >&3; exec 3>&-; cat three
read a b <<E
first second third
E
echo "$b,$a"
IFS=:; set -- x:y:z; set -- $1; echo $#; unset IFS
[ -f f ] && [ ! -d f ] && [ f -nt nofile ] 2>/dev/null; echo $?
test abc = abc -a 3 -lt 10; echo $?
[ "" ]; echo $?; [ -z "" ]; echo $?
trap 'echo trapped' EXIT; trap 'echo usr1' USR1; kill -USR1 $$; :
eval 'x=$v; echo "eval $x"'
type cd >/dev/null; echo $?; nosuchcommand 2>/dev/null; echo $?
