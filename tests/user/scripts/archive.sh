# SPDX-License-Identifier: MIT
# Archives, checksums and encodings: much data through few tools.
mkdir t; for i in $(seq 40); do seq $i $((i * 50)) > t/f$i; done
tar cf t.tar t; tar tf t.tar | wc -l; mkdir out; tar xf t.tar -C out; diff -r t out/t && echo same
cat t/* | md5sum; cat t/* | sha1sum; cat t/* | sha256sum
cat t/* > all; gzip -c all > all.gz; gunzip -c all.gz | cmp - all && echo intact
[ $(wc -c < all.gz) -lt $(wc -c < all) ] && echo smaller
bzip2 -c all | bunzip2 -c | md5sum
head -c 300 all | base64 | tail -1; head -c 48 all | hexdump -C | tail -2; uuencode x < t/f1
find t -type f | cpio -o -H newc 2>/dev/null | cpio -t 2>/dev/null | wc -l
printf 'abc' | od -An -tx1; echo hello | xxd -p
sort -n all | uniq | wc -l; sort all | md5sum; shuf all | sort | md5sum
tr -dc '13579' < all | wc -c; tac t/f2 | head -2
