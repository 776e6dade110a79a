/** A backup on DVD+Rs, written by xorriso in an emulated drive of the kernel's own sr driver. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fetchKernel } from "../support/fetch-kernel.ts";
import { hasIscsi, ISCSI_LAB, TERMINAL_TALK } from "../support/iscsi-lab.ts";
import { executable } from "../support/mondo.ts";
import { needing } from "../support/needing.ts";
import { inUml } from "../support/uml.ts";

const start = `${ISCSI_LAB}${TERMINAL_TALK}
mondo=${executable}
blank one; blank two; blank three; blank four
mkdir -p tree/etc && echo web1 > tree/etc/hostname
for ((n = 0; n < 4; n++)); do head -c 15000000 /dev/urandom > tree/file$n; done
archive="$mondo archive -r --root $PWD/tree -S /run/scratch -p web -0 -k FAILSAFE"
mkdir /run/scratch
`;

test.before(() => (hasIscsi() ? fetchKernel() : undefined));

needing(test, hasIscsi())(
  "four discs: a written one and one of the same set are refused, each is read back",
  async () => {
    const console = await inUml(
      `${start}
mkdir other && echo x > other/x
xorriso -as mkisofs -quiet -V HOLIDAYS -o other.iso other
blank full
drive cd $PWD/full
xorriso -as cdrecord dev=/dev/sr0 -tao other.iso > /dev/null 2>&1
if $archive -s 122m,20m < /dev/null > none 2>&1; then exit 9; else echo "status $?"; fi
cat none
talk "$archive -s 122m,20m"
heard 'it holds .HOLIDAYS'
heard 'Put a blank disc into /dev/sr0 for the first medium'
insert $PWD/one; answer yes
heard 'medium 1 of 4 of the backup of web1 .* was read back without a difference'
heard 'Put a blank disc into /dev/sr0 for medium 2 of 4'
answer yes
heard 'it holds medium 1 of 4'
heard 'Put a blank disc into /dev/sr0 for medium 2 of 4'
insert $PWD/two; answer yes
heard 'Put a blank disc into /dev/sr0 for medium 3 of 4'
insert $PWD/three; answer yes
heard 'Put a blank disc into /dev/sr0 for medium 4 of 4'
insert $PWD/four; answer yes
ended || { cat said.txt; exit 8; }
grep -a 'Label the disc' said.txt
echo "left: $(ls /run/scratch)"
mkdir set back
n=0; for disc in one two three four; do n=$((n + 1)); mv $disc set/web-$n.iso; done
$mondo verify set/web-1.iso
$mondo extract set/web-1.iso / --to back
diff -r tree back && echo same
`,
      { memoryMiB: 2400, timeoutMs: 900_000 },
    );
    const output = console.replaceAll("\r", "");
    assert.match(output, /status 10\n/);
    assert.match(
      output,
      /\/dev\/sr0: the disc in the drive \(DVD-ROM\) can't be written to; it holds "HOLIDAYS", and there is no terminal/,
    );
    assert.is(output.match(/Label the disc: web1, \d of 4/g)?.length, 4);
    assert.match(output, /left: *\n/);
    assert.match(output, /\nsame\n/);
  },
);

test.run();
