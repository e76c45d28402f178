# SPDX-License-Identifier: MIT
# sed: addresses, substitutions, hold space, in place.
seq 10 > f
sed -n '3,5p' f
sed '2d;$d' f | tr '\n' ' '; echo
sed 's/\(.\)0/[\1]/' f | tail -1
echo hello world | sed 's/o/0/g; s/\b\(.\)/<\1>/'
sed -n '1!G;h;$p' f | head -3
sed -i 's/^/line /' f
head -2 f
printf 'a\nb\nc\n' | sed '/b/a\
after b'
printf 'key=value\n' | sed -E 's/(\w+)=(\w+)/\2=\1/'
sed 'y/123/abc/' f | head -3
sed = f | sed 'N;s/\n/ /' | tail -2
