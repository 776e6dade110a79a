import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  decodeEntries,
  decodeEpsv,
  decodeNames,
  decodePasv,
  decodePwd,
  FtpReplyReader,
} from "../../../../src/formats/network/ftp.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("replies come whole, however they are cut; lines within one of several don't end it", () => {
  const text = "220 hello\r\n211-Features:\r\n SIZE\r\n211 not yet\r\n\r\n226-a\r\n 226 b\r\n226 done\r\n";
  const expected = [
    { code: 220, text: "hello" },
    { code: 211, text: "Features:\n SIZE\n211 not yet" },
    { code: 226, text: "a\n 226 b\n226 done" },
  ];
  assert.equal(new FtpReplyReader().push(bytes(text)), expected);
  const reader = new FtpReplyReader();
  assert.equal(
    [...text].flatMap((letter) => reader.push(bytes(letter))),
    expected,
  );
});

test("a reply without an end, and what is no reply, are refused", () => {
  const endless = new FtpReplyReader();
  assert.throws(() => {
    for (let line = 0; line < 100_000; line++) endless.push(bytes("220-more and more\r\n"));
  }, /has no end/);
  assert.throws(() => new FtpReplyReader().push(bytes("SSH-2.0-OpenSSH_9\r\n")), /no FTP server/);
  assert.throws(() => new FtpReplyReader().push(new Uint8Array(100_000).fill(0x41)), /has no end/);
});

test("ports are taken from EPSV and PASV, addresses from neither", () => {
  assert.equal(
    [decodeEpsv("Entering (|||6446|)"), decodeEpsv("(|||70000|)"), decodeEpsv("ok")],
    [6446, undefined, undefined],
  );
  assert.equal(
    [decodePasv("Entering (10,0,0,9,200,15)."), decodePasv("(1,2,3,4,0,0)"), decodePasv("(1,2,3,999,1,1)")],
    [51_215, undefined, undefined],
  );
});

test("names in listings lead nowhere else", () => {
  const mlsd =
    "type=cdir; .\r\ntype=pdir; ..\r\ntype=file;size=3; a b\r\ntype=dir; d\r\ntype=file; ../x\r\ntype=file; a b\r\n";
  assert.equal(decodeNames(mlsd, "mlsd"), ["a b", "d"]);
  assert.equal(decodeNames("./a\r\n/srv/b c\r\n..\r\n.\r\n\r\n.h\r\n", "nlst"), ["a", "b c", ".h"]);
  assert.is(decodePwd('257 "/a""b" is the current directory'), '/a"b');
});

const entry = (name: string, sizeBytes?: number) => ({
  name,
  isDirectory: sizeBytes === undefined,
  sizeBytes: sizeBytes ?? 0,
});

for (const [server, kind, lines] of [
  ["MLSD", "mlsd", ["type=cdir;perm=el; .", "Type=dir;Modify=1; d", "size=12;type=file; a b", "type=pdir; .."]],
  [
    "vsftpd's LIST",
    "list",
    ["total 8", "drwx------    2 4321  4321   40 Nov 30 08:15 d", "-rw-------    1 4321 4321  12 Nov 30  2025 a b"],
  ],
  [
    "LIST with access rights and links",
    "list",
    [
      "drwxr-xr-x+ 2 joe users 4096 Nov 3 8:15 .",
      "drwxrwsr-t. 2 joe users 4096 Nov  3 08:15 d",
      "-rw-r--r-- 1 joe users 12 Nov  3 08:15 a b",
    ],
  ],
  [
    "LIST as DOS had it",
    "list",
    ["11-30-26  08:15AM       <DIR>          d", "11-30-2026  08:15                   12 a b"],
  ],
] as const) {
  test(`decodeEntries() reads ${server}`, () => {
    assert.equal(decodeEntries(lines.map((line) => `${line}\r\n`).join(""), kind), [entry("d"), entry("a b", 12)]);
  });
}

for (const [kind, line] of [
  ["mlsd", "type=file; a"],
  ["mlsd", "type=OS.unix=slink:/x;size=3; a"],
  ["mlsd", "a"],
  ["list", "-rw------- 1 Domain Users joe 12 Nov 30 08:15 a"],
  ["list", "lrwxrwxrwx 1 joe joe 12 Nov 30 08:15 a -> /etc"],
  ["list", "a"],
] as const) {
  test(`decodeEntries() does not guess at "${line}"`, () => assert.is(decodeEntries(`${line}\r\n`, kind), undefined));
}

test("decodeEntries() takes no name that leads elsewhere", () => {
  assert.equal(decodeEntries("type=file;size=1; ../x\r\ntype=dir; a/b\r\n", "mlsd"), []);
});

test.run();
