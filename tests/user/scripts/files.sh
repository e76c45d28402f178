# SPDX-License-Identifier: MIT
# Files and directories through the tools: copy, move, remove, find, permissions, links.
umask 022
mkdir -p a/b/c; echo text > a/b/c/file; touch a/empty
cp -r a copy; find copy | sort
mv copy/b moved; ls copy moved; rm -r copy; ls -d copy 2>/dev/null; echo $?
ln -s a/b/c/file soft; ln a/empty hard; cat soft; readlink soft; readlink -f soft | sed 's,.*/a/,a/,'
chmod 640 a/empty; stat -c '%a %s %h %F' a/empty; stat -L -c '%s %F' soft; stat -c '%F' soft a
ls -l a/empty | cut -c1-10; ls -F | tr '\n' ' '; echo
rmdir a 2>/dev/null; echo $?; rm -rf a; ls
for n in 1 2 3 4 5; do echo $n > f$n; done; cat f[2-4]; ls f? | wc -l; rm f*; ls f* 2>/dev/null | wc -l
dd if=/dev/zero of=z bs=1000 count=50 2>/dev/null; wc -c < z; dd if=z bs=10 count=3 skip=1 2>/dev/null | od -c | head -2
printf 'a\nb\n' > x; printf 'a\nc\n' > y; diff x y; cmp x y; echo $?
mkdir d; cd d; pwd | sed 's,.*/,,'; cd ..; cd - >/dev/null; pwd | sed 's,.*/,,'; cd ..
find . -name 'x' -o -name 'y' | sort | xargs cat; find . -type d | sort; find . -type f -size +10k
touch -d '2020-02-03 04:05:06' old; date -u -r old '+%Y-%m-%d'; [ x -nt old ]; echo $?
basename /usr/lib/x.so .so; dirname /usr/lib/x.so
du -a d 2>/dev/null | wc -l; truncate -s 12345 big; stat -c %s big; head -c 3 big | wc -c
