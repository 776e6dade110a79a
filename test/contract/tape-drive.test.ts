/** Backups on tapes, in an emulated drive of the kernel's own st driver. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fetchKernel } from "../support/fetch-kernel.ts";
import { hasIscsi, ISCSI_LAB, TERMINAL_TALK } from "../support/iscsi-lab.ts";
import { executable } from "../support/mondo.ts";
import { needing } from "../support/needing.ts";
import { inUml } from "../support/uml.ts";

const start = `${ISCSI_LAB}${TERMINAL_TALK}
mondo=${executable}
tape() { tgtimg --op new --device-type tape --barcode="$1" --size="$2" --type=data --file="$1" > /dev/null; }
mkdir -p tree/etc scratch && echo web1 > tree/etc/hostname
head -c 9000000 /dev/urandom > tree/first
archive="$mondo archive -t -d /dev/nst0 --root $PWD/tree -S $PWD/scratch -0 -e -k FAILSAFE"
`;

test.before(() => (hasIscsi() ? fetchKernel() : undefined));

needing(test, hasIscsi())(
  "a set behind another one, on into a second tape: both are named, and come back",
  async () => {
    const console = await inUml(
      `${start}
tape T1 24; tape T2 24
drive tape $PWD/T2 "--bstype ssc"
# What tgt says of a tape that nothing was ever written to is no end of data.
mt -f /dev/nst0 weof 1
insert $PWD/T1
mt -f /dev/nst0 weof 1
$archive -p one
cp -a tree before; mkdir back
head -c 12000000 /dev/urandom > tree/second
talk "$archive --append -p two"
heard 'Tape 1 is full'
heard 'Insert tape 2'
insert $PWD/T2
ended || { cat said.txt; exit 8; }
insert $PWD/T1
$mondo list --sets /dev/nst0 | tee sets
older=$(head -1 sets | cut -c1-8)
$mondo verify /dev/nst0 --tape-set $older
$mondo extract /dev/nst0 / --tape-set $older --to back
diff -r before back && echo older same
if $mondo list /dev/nst0 --tape-set ffffffff; then exit 7; fi
talk "$mondo list /dev/nst0 second"
heard 'Insert the last tape of the backup of web1'
insert $PWD/T2
ended || { cat said.txt; exit 6; }
grep -a 12000000 said.txt
`,
      { memoryMiB: 2000, timeoutMs: 900_000 },
    );
    const output = console.replaceAll("\r", "");
    assert.match(output, /^[0-9a-f-]{36} {2}web1, .*, prefix one\n[0-9a-f-]{36} {2}web1, .*, prefix two, the newest$/m);
    assert.match(output, /\nolder same\n/);
    assert.match(output, /the tape in \/dev\/nst0 has no set ffffffff; it holds /);
    assert.match(output, /12000000 .*second/);
  },
);

test.run();
