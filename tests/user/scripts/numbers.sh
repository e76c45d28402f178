# SPDX-License-Identifier: MIT
# Numbers, dates and calculators, all in UTC and from fixed times.
export TZ=UTC
date -d @0 '+%Y-%m-%d %H:%M:%S %j %u'; date -d @1700000000 -u; date -d '2024-02-29 12:00' +%s
cal 2 2024; cal 9 1752
echo '2^64; 10/3; scale=5; 10/3' | bc; echo '5 3 * p' | dc
factor 1001 65537 2147483647; expr length abcdef; expr abc : 'a\(.\)c'; expr 7 % 4
printf '%d %o %x %e %s %c %%\n' 42 42 42 42 str c; printf '%5s|%-5s|%05d\n' ab ab 42
seq -w 8 11; seq 5 -2 0; seq -s, 3
ipcalc -n 10.1.2.3/24; sum w 2>/dev/null; printf '\101\x42\n'
