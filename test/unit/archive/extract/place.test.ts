/** Special files and links get their metadata themselves, whatever somebody puts in their place. */
import { mkdtempSync, openSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openSpecial, specialPlace } from "../../../../src/archive/extract/place.ts";
import { toByteString } from "../../../../src/base/bytes.ts";
import { closeFd, FileType } from "../../../../src/host/fs-calls.ts";
import { Errno } from "../../../../src/host/syscalls.ts";
import { shell } from "../odd-tree.ts";

const test = suite<{ work: string; dirFd: number }>("places of special files");
test.before.each((context) => {
  context.work = mkdtempSync(join(tmpdir(), "mondo-place-"));
  shell(
    context.work,
    "printf x > program; chmod 755 program; touch -d @1 program; mkfifo -m 600 pipe; ln -s program link",
  );
  context.dirFd = openSync(context.work, "r");
});
test.after.each(({ work, dirFd }) => {
  closeFd(dirFd);
  rmSync(work, { recursive: true, force: true });
});

const PIPE = toByteString("pipe");
const LINK = toByteString("link");
const about = (work: string, name: string) => shell(work, `stat -c '%F %a %u %Y' ${name}`).trim();

function setAll(fd: number, type: number): number[] {
  const place = specialPlace(fd, type);
  const done = [place.owner(7, 8), place.mode(0o4751), place.modified(1_000_000_000, 0)];
  closeFd(fd);
  return done;
}

test("a fifo gets owner, mode and time", ({ work, dirFd }) => {
  assert.equal(setAll(openSpecial(dirFd, PIPE, FileType.fifo), FileType.fifo), [0, 0, 0]);
  assert.is(about(work, "pipe"), "fifo 4751 7 1000000000");
});

test("a symbolic link gets owner, time and attributes itself, not what it leads to", ({ work, dirFd }) => {
  const fd = openSpecial(dirFd, LINK, FileType.symlink);
  assert.is(specialPlace(fd, FileType.symlink).xattr(toByteString("trusted.a"), Buffer.from("b")), 0);
  assert.equal(setAll(fd, FileType.symlink), [0, 0, 0]);
  assert.is(about(work, "link"), "symbolic link 777 7 1000000000");
  assert.is(about(work, "program"), "regular file 755 0 1");
  assert.is(shell(work, "getfattr -h --only-values -n trusted.a link"), "b");
});

test("what is put in its place before it is opened is refused, after that it is not reached", ({ work, dirFd }) => {
  const fd = openSpecial(dirFd, PIPE, FileType.fifo);
  shell(work, "rm pipe; ln -s program pipe");
  assert.equal(setAll(fd, FileType.fifo), [0, 0, 0]);
  assert.is(openSpecial(dirFd, PIPE, FileType.fifo), -Errno.EEXIST);
  shell(work, "rm link; ln program link");
  assert.is(openSpecial(dirFd, LINK, FileType.symlink), -Errno.EEXIST);
  assert.is(about(work, "program"), "regular file 755 0 1");
  assert.is(statSync(join(work, "program")).uid, 0);
});

test.run();
