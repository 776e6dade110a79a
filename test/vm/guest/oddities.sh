#!/bin/bash
# Fills a directory with what backups get wrong. Runs as root on the host, in the mounted root of a guest.
set -euo pipefail
mkdir -p "$1"
cd "$1"
printf 'latin1\n' >$'na\xefve-\xe9t\xe9.txt'
printf 'utf8\n' >'smörgåsbord ☃.txt'
printf 'newline\n' >$'two\nlines'
printf 'trailing\n' >'trailing space '
printf 'dash\n' >./-rf
printf 'glob\n' >'[a]*?{b}$HOME`id`"quotes'"'"
printf 'long\n' >"$(printf 'n%.0s' {1..250})"
deep=deep
for level in {1..12}; do deep=$deep/$(printf 'd%.0s' {1..40})$level; done
mkdir -p "$deep"
printf 'deep\n' >"$deep/file"
touch empty
mkdir 'empty dir'
truncate -s 64M sparse
printf 'middle' | dd of=sparse bs=1 seek=33554432 conv=notrunc status=none
printf 'end' | dd of=sparse bs=1 seek=67108861 conv=notrunc status=none
truncate -s 5M all-hole
head -c 3000000 /dev/urandom >random
printf 'linked\n' >hard-1
mkdir links
ln hard-1 links/hard-2
ln hard-1 links/hard-3
ln -s ../hard-1 links/relative
ln -s /nowhere/at/all links/dangling
ln -s "$(printf 't%.0s' {1..900})" links/long-target
ln links/relative links/relative-hard
touch -h -d '1999-12-31 23:59:59.123456789 UTC' links/dangling
mkfifo -m 640 fifo
mknod -m 660 null-node c 1 3
mknod -m 600 loop-node b 7 99
chown 12345:54321 empty
printf '#!/bin/sh\nid\n' >setuid
chown 1000:1000 setuid
chmod 6755 setuid
mkdir -m 3777 sticky
chmod 000 empty
touch -d '2001-02-03 04:05:06.000000007 UTC' hard-1
touch -d '1969-07-20 20:17:40 UTC' random
touch -d '2038-01-20 03:14:08.5 UTC' 'empty dir'
setfattr -n user.plain -v 'some value' hard-1
setfattr -n user.binary -v 0x00ff0a0d3d2200 random
setfattr -n user.empty random
setfattr -n trusted.secret -v 'root only' links
setfattr -n user.big -v "$(printf 'v%.0s' {1..60})" sticky
cp /bin/true capable
setcap cap_net_raw,cap_net_admin+ep capable
setfacl -m u:1234:rwx,g:4321:r-x,m:rx 'smörgåsbord ☃.txt'
setfacl -m d:u:1234:rwX,d:g::r-x 'empty dir'
touch -d '2010-10-10 10:10:10.101010101 UTC' links .
