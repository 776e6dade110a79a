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

test("a place that takes whole objects is named by --to or -n, and -d is a directory in it", () => {
  const named = archive("-O", "--to", "ftps://joe@nas/backup", "--keep", "3");
  assert.equal([named.store?.name, named.share, named.storeKeep], ["ftps://joe@nas/backup", undefined, { last: 3 }]);
  assert.is(archive("-O", "-n", "ftp://joe@nas/backup", "-d", "/monday").store?.name, "ftp://joe@nas/backup/monday");
  assert.is(archive("-O", "-n", "s3://backups").store?.name, "s3://backups");
  assert.throws(() => archive("-O", "-n", "ftp://nas/b", "--layout", "image"), /takes no image/);
  assert.throws(() => archive("-O", "-n", "ftp://nas/b", "-s", "700m"), /--nfs and --size contradict each other/);
  assert.throws(() => archive("-O", "--to", "ftp://nas/b", "-d", "/x"), /--to and --dir contradict each other/);
  assert.throws(() => archive("-O", "--to", "joe@nas:/b"), /--to joe@nas:\/b is not s3:\/\/BUCKET\/PREFIX or ftp:/);
  assert.throws(() => archive("-O", "-n", "http://nas/b"), /-n http:\/\/nas\/b is not SERVER:/);
});

test("--note belongs to -V, and to files beside which a note can lie", () => {
  assert.is(archive("-OV", "-i", "-d", "/srv", "--note").note, true);
  assert.is(archive("-OV", "-n", "nas:/b", "--layout", "directory", "--note").note, true);
  assert.throws(() => archive("-O", "-i", "-d", "/srv", "--note"), /--note makes sense with -V only/);
  for (const place of [["-n", "s3://sets/web"], ["-t"], ["-u", "/srv/stream"], ["-r", "-d", "/dev/sr0"]]) {
    assert.throws(() => archive("-OV", ...place, "--note"), /--note makes sense for ISO files and directories only/);
  }
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
    assert.is(decodeShare(text).driver.takes, "files");
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
