import { test } from "uvu";
import * as assert from "uvu/assert";
import { entryFields, entryLine, permissionText } from "../../../../src/archive/catalog/describe-entry.ts";
import { type ByteString, toByteString } from "../../../../src/base/bytes.ts";
import { craft } from "../crafted-set.ts";

test("permissionText() writes what ls(1) writes", () => {
  assert.is(permissionText(0o644), "rw-r--r--");
  assert.is(permissionText(0o4755), "rwsr-xr-x");
  assert.is(permissionText(0o2644), "rw-r-Sr--");
  assert.is(permissionText(0o1777), "rwxrwxrwt");
  assert.is(permissionText(0o7000), "--S--S--T");
});

test("entryLine() has device numbers for a size, a mark for attributes, and any time there can be", () => {
  assert.match(
    entryLine(craft("dev/sda", "block", { rdev: { major: 8, minor: 1 } })),
    /^b.* 8, 1 2001-09-09 .* \/dev\/sda$/,
  );
  const marked = craft("x", "file", { xattrs: new Map([[toByteString("user.a"), new Uint8Array(0)]]) });
  assert.match(entryLine(marked), /^-rw-r--r--\+ /);
  assert.match(entryLine(craft("x", "file", { mtimeSec: 2 ** 50 })), / @1125899906842624 \/x$/);
  assert.match(entryLine(craft("x", "file", { mtimeSec: -1 })), / 1969-12-31 23:59:59 \/x$/);
});

test("entryFields() keeps every nanosecond, and the bytes of a name that is no text", () => {
  assert.is(entryFields(craft("x", "file", { mtimeSec: -1, mtimeNsec: 250_000_000 })).mtime, "-0.750000000");
  assert.is(entryFields(craft("x", "file", { mtimeSec: 5, mtimeNsec: 7 })).mtime, "5.000000007");
  assert.not.ok("pathBase64" in entryFields(craft("\u00e9", "file")));
  const odd = { ...craft("", "symlink"), path: "\xff" as ByteString, target: "\n" as ByteString };
  const fields = entryFields(odd);
  assert.equal(
    [fields.path, fields.pathBase64, fields.target, fields.targetBase64],
    ["/\\xff", "/w==", "\\x0a", "Cg=="],
  );
});

test.run();
