import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeText } from "../../../../src/base/bytes.ts";
import { Secret } from "../../../../src/base/secret.ts";
import { parseBootOptions } from "../../../../src/init/words/boot-options.ts";
import {
  cifsCredentials,
  cifsOptions,
  cifsSource,
  decodeCredentials,
  parseCifs,
  renderCifs,
} from "../../../../src/shares/cifs/cifs-place.ts";
import { cifsMountPoint } from "../../../../src/shares/cifs/cifs-share.ts";
import { sharedPlace } from "../../../../src/shares/share-words.ts";

for (const [text, source] of [
  ["//nas/backup", "//nas/backup"],
  ["cifs://joe@nas/backup/a/b/", "//nas/backup/a/b"],
  ["smb://10.0.0.2/c$", "//10.0.0.2/c$"],
  ["cifs://[fd00::2]/My%20backups/a%2cb", "//[fd00::2]/My backups/a,b"],
  ["//nas/My backups/50% off", "//nas/My backups/50% off"],
] as const) {
  test(`parseCifs("${text}") and back`, () => {
    const place = parseCifs(text);
    assert.ok(place);
    assert.is(cifsSource(place), source);
    assert.equal(parseCifs(renderCifs(place)), place);
  });
}

for (const text of [
  "//nas",
  "//nas/",
  "nas/backup",
  "cifs:///backup",
  "cifs://nas/My backups",
  "cifs://nas/50%",
  "//na,s/a",
  "cifs://a:b@nas/backup",
  "/nas/backup",
]) {
  test(`parseCifs("${text}") is none`, () => assert.is(parseCifs(text), undefined));
}

test("decodeCredentials() reads files of mount.cifs, passwords with = and blanks too", () => {
  const { user, password, domain } = decodeCredentials(
    Secret.ofText("username=joe\r\npassword= a=b \ndomain=D\n"),
    "x",
  );
  assert.equal([user, decodeText(password.reveal()), domain], ["joe", " a=b ", "D"]);
  assert.throws(
    () => decodeCredentials(Secret.ofText("joe\nsecret\n"), "LABEL=KEYS:/c"),
    /^LABEL=KEYS:\/c does not hold lines/,
  );
});

test("a login may name its domain", () => {
  const password = Secret.ofText("x");
  assert.equal(cifsCredentials("joe", password), { user: "joe", password });
  assert.equal(cifsCredentials("CORP\\joe", password), { user: "joe", domain: "CORP", password });
  assert.equal(decodeCredentials(Secret.ofText("\ufeffusername=CORP\\joe\npassword=\n"), "x").domain, "CORP");
});

test("a share that is mounted already is found, whatever its capitals", () => {
  const line = "40 25 0:50 / /mnt/nas rw,relatime - cifs //NAS/Backup rw,vers=3.1.1,username=joe\n";
  assert.is(cifsMountPoint(line, { server: "nas", path: "backup" }), "/mnt/nas");
  assert.is(cifsMountPoint(line, { server: "nas", path: "backup/a" }), undefined);
});

test("mondo.source= takes a share as Windows shows it, and the image in it", () => {
  const source = parseBootOptions("mondo.source=//nas/backup/web1-1.iso").network.source;
  assert.is(source, "cifs://nas/backup/web1-1.iso");
  const { share, image } = sharedPlace(source ?? "") ?? {};
  assert.equal([share?.text, share?.name, image], ["cifs://nas/backup", "//nas/backup", "web1-1.iso"]);
  const { complaints, network } = parseBootOptions("mondo.source=//nas mondo.credentials=KEYS");
  assert.equal([complaints.length, network.source, network.credentials], [2, undefined, undefined]);
});

test("cifsOptions() doubles commas, and is a secret", () => {
  const options = cifsOptions("10.0.0.2", { user: "jo,e", password: Secret.ofText("a,uid=0") });
  assert.match(decodeText(options.reveal()), /^ip=10\.0\.0\.2,username=jo,,e,password=a,,uid=0,hard,/);
  assert.is(String(options), "[secret]");
});

test.run();
