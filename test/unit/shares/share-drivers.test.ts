import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Share } from "../../../src/shares/share-driver.ts";
import { shareDrivers } from "../../../src/shares/share-drivers.ts";
import { parseShare, sharedPlace, shareSyntax } from "../../../src/shares/share-words.ts";

function share(text: string): Share {
  const found = parseShare(text);
  if (found) return found;
  throw new Error(`${text} is no share`);
}

/** What a person types, and the protocol, the server and the directory `/x y` below as they are passed on. */
const places = [
  ["nas:/srv/b/", "nfs", "nas", "nas:/srv/b/x y"],
  ["[fd00::1]:/", "nfs", "[fd00::1]", "[fd00::1]:/x y"],
  ["joe@nas:/b", "sftp", "nas", "sftp://joe@nas/b/x y"],
  ["sftp://joe@[fd00::1]:2222/", "sftp", "[fd00::1]", "sftp://joe@[fd00::1]:2222/x y"],
  ["//nas/b", "cifs", "nas", "cifs://nas/b/x%20y"],
  ["smb://joe@nas/b%20c", "cifs", "nas", "cifs://joe@nas/b%20c/x%20y"],
  ["https://joe:secret@web:8443/b/", "http", "web", "https://joe:secret@web:8443/b/x%20y"],
  ["http://[fd00::1]/", "http", "[fd00::1]", "http://[fd00::1]/x%20y"],
  ["ftp://nas/b/", "ftp", "nas", "ftp://nas/b/x%20y"],
  ["ftps://joe:secret@[fd00::1]:990/b%20c", "ftp", "[fd00::1]", "ftps://joe:secret@[fd00::1]:990/b%20c/x%20y"],
  ["ssh://joe@nas:2222/srv/", "ssh-shell", "nas", "ssh://joe@nas:2222/srv/x y"],
  ["dav://nas/b/", "dav", "nas", "dav://nas/b/x%20y"],
  ["davs://joe:secret@[fd00::1]:8443/b%20c", "dav", "[fd00::1]", "davs://joe:secret@[fd00::1]:8443/b%20c/x%20y"],
  ["s3://backups/", "s3", "s3.us-east-1.amazonaws.com", "s3://backups/x%20y"],
  ["s3://eu-1@backups/a%20b/", "s3", "s3.eu-1.amazonaws.com", "s3://eu-1@backups/a%20b/x%20y"],
  ["s3+https://eu-1@nas:9000/backups/a", "s3", "nas", "s3+https://eu-1@nas:9000/backups/a/x%20y"],
  ["s3+http://[fd00::1]:9000/backups", "s3", "[fd00::1]", "s3+http://[fd00::1]:9000/backups/x%20y"],
] as const;
for (const [typed, protocol, server, below] of places) {
  test(`parseShare("${typed}") is a share by ${protocol}, and its text is the same one`, () => {
    const found = share(typed);
    assert.equal([found.driver.protocol, found.server, found.below("/x y").text], [protocol, server, below]);
    assert.equal([share(found.text).text, share(found.text).name], [found.text, found.name]);
    assert.is(found.below("").text, found.text);
    assert.not.match(found.name, /secret/);
  });
}

for (const text of [
  "",
  "nas",
  "nas:b",
  "nas://b",
  "/b",
  "ftp://nas/../b",
  "davs://nas/b?x=1",
  "file:///b",
  "joe@nas:b",
  "s3://b/../c",
  "s3+ftp://nas/b",
  "s3://",
]) {
  test(`parseShare("${text}") is none`, () => assert.is(parseShare(text), undefined));
}

test("each way to write a share that a driver shows is taken by that driver", () => {
  for (const driver of shareDrivers) {
    for (const form of driver.syntax) assert.is(parseShare(form.replace("PORT", "22"))?.driver, driver, form);
  }
  assert.is(shareSyntax("short").length, shareDrivers.length);
  assert.is(new Set(shareDrivers.map(({ protocol }) => protocol)).size, shareDrivers.length);
});

test("a share opens a store exactly where its driver takes objects", () => {
  for (const { syntax, takes } of shareDrivers) {
    assert.is(share(syntax[0]).openStore !== undefined, takes === "objects", syntax[0]);
  }
});

test("sharedPlace() takes an image apart from its directory, but never a server or an export", () => {
  const [image, whole] = [sharedPlace("nas:/b/50%-1.iso"), sharedPlace("nas:/b.iso")];
  assert.equal([image?.share.text, image?.image], ["nas:/b", "50%-1.iso"]);
  assert.equal([whole?.share.text, whole?.image], ["nas:/b.iso", undefined]);
  assert.is(sharedPlace("cifs://nas/b.iso")?.image, undefined);
  assert.is(sharedPlace("http://web/50%-1.iso")?.image, "50%-1.iso");
  assert.is(sharedPlace("/b/x.iso"), undefined);
});

test.run();
