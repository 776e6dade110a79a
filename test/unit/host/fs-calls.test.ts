import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type ByteString, toByteString } from "../../../src/base/bytes.ts";
import {
  AT_FDCWD,
  closeFd,
  openAt,
  setXattrFd,
  xattrNamesOfFd,
  xattrsAt,
  xattrsOfFd,
} from "../../../src/host/fs-calls.ts";
import { Errno, OpenFlag } from "../../../src/host/syscalls.ts";

function withFile(check: (fd: number, directoryFd: number) => void): void {
  const directory = mkdtempSync(join(tmpdir(), "mondo-fs-calls-"));
  writeFileSync(join(directory, "file"), "");
  const directoryFd = openAt(AT_FDCWD, toByteString(directory), OpenFlag.directory);
  const fd = openAt(directoryFd, toByteString("file"), 0);
  try {
    check(fd, directoryFd);
  } finally {
    closeFd(fd);
    closeFd(directoryFd);
    rmSync(directory, { recursive: true });
  }
}

test("extended attributes come whole, whatever their names and values take together", () => {
  withFile((fd, directoryFd) => {
    const wanted = new Map<ByteString, Uint8Array>();
    for (const [i, length] of [0, 1, 255, 256, 257, 1500].entries()) {
      const name = toByteString(`user.${String(i).repeat(70)}`);
      const value = new Uint8Array(length).fill(i + 1);
      const error = setXattrFd(fd, name, value);
      if (error === -Errno.EOPNOTSUPP) return;
      assert.is(error, 0);
      wanted.set(name, value);
      const names = xattrNamesOfFd(fd);
      assert.ok(typeof names === "object" && [...wanted.keys()].every((one) => names.includes(one)));
      for (const found of [xattrsOfFd(fd), xattrsAt(directoryFd, toByteString("file"))]) {
        assert.ok(typeof found === "object");
        for (const [one, bytes] of wanted) assert.equal(Buffer.from(found.get(one) ?? []), Buffer.from(bytes));
      }
    }
  });
});

test.run();
