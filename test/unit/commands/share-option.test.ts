import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeArchiveOptions } from "../../../src/commands/archive-options.ts";
import { archiveSpec } from "../../../src/commands/archive-spec.ts";
import { parseWords } from "../../../src/commands/parse.ts";
import { decodeShare } from "../../../src/commands/share-option.ts";
import { parseShare } from "../../../src/shares/share-words.ts";

const archive = (...words: string[]) => decodeArchiveOptions(parseWords(archiveSpec, words), true);

test("decodeArchiveOptions() takes -n as a medium, with -d below the share", () => {
  const options = archive("-O", "-n", "10.0.0.2:/srv/backup/", "-d", "/monday", "-p", "web1");
  assert.is(options.share?.name, "10.0.0.2:/srv/backup");
  assert.is(options.directory, "/monday");
  assert.is(archive("-O", "-n", "nas:/").directory, "/");
  assert.is(archive("-O", "-i", "-d", "/srv").share, undefined);
});

for (const text of [
  "nas",
  "nas:backup",
  ":/backup",
  "a b:/backup",
  "joe@nas:backup",
  "-oProxyCommand=x@nas:/b",
  "joe@-x:/b",
]) {
  test(`decodeShare("${text}") is a usage error`, () => {
    assert.throws(() => decodeShare(text), /is not SERVER:\/EXPORT or USER@SERVER:\/DIR or \/\/SERVER\/SHARE/);
  });
}

for (const text of ["joe@nas:/backup", "sftp://joe@nas:2222/backup", "sftp://nas/backup", "nas:/backup"]) {
  test(`decodeShare("${text}") is a share`, () => {
    assert.ok(decodeShare(text).driver.isWritable);
  });
}

test("mountPoint() finds the share where it is mounted, and nothing else", () => {
  const info = [
    "29 1 8:1 / / rw - ext4 /dev/sda1 rw",
    "40 29 0:44 / /mnt/other rw - nfs4 10.0.0.2:/srv rw",
    "41 29 0:45 / /mnt/nas rw - nfs4 10.0.0.2:/srv/backup rw",
    "42 29 0:46 / /mnt/fuse rw - fuse.sshfs 10.0.0.2:/home rw",
  ].join("\n");
  const found = (text: string) => parseShare(text)?.mountPoint?.(info);
  assert.is(found("10.0.0.2:/srv/backup/"), "/mnt/nas");
  assert.is(found("10.0.0.2:/srv/back"), undefined);
  assert.is(found("10.0.0.2:/home"), undefined);
});

test.run();
