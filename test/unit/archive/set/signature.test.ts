/** Signatures of sets, made and checked by OpenSSH's own program as well. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bootTextOf, decodeBootDigests, encodeBootDigests } from "../../../../src/archive/set/boot-digests.ts";
import type { BootPart } from "../../../../src/archive/set/boot-part.ts";
import { decodeManifest, encodeManifest, type Manifest } from "../../../../src/archive/set/manifest.ts";
import { manifestFlaw, readTrustedKeys, signatureFlaw } from "../../../../src/archive/set/signature.ts";
import { signedTextOf } from "../../../../src/archive/set/signed-text.ts";
import { verifyBoot } from "../../../../src/archive/verify/verify-boot.ts";
import { signingKey, signManifest, signText } from "../../../../src/backup/sign-set.ts";
import { MondoError } from "../../../../src/base/errors.ts";
import { armored, decodeSshSignature } from "../../../../src/formats/archive/ssh-signature.ts";
import { linuxHost } from "../../../../src/host/linux.ts";
import { EMPTY_SET, emptyManifest } from "../../../support/empty-manifest.ts";

const test = suite("signatures");
const host = linuxHost();
const work = mkdtempSync(join(tmpdir(), "mondo-sign-"));
const [key, other, rsa, locked] = ["key", "other", "rsa", "locked"].map((name) => join(work, name)) as [
  string,
  string,
  string,
  string,
];
const keygen = (...words: string[]) => spawnSync("ssh-keygen", words, { encoding: "utf8" });
test.before(() => {
  for (const path of [key, other]) keygen("-q", "-t", "ed25519", "-N", "", "-C", "a comment", "-f", path);
  keygen("-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", rsa);
  keygen("-q", "-t", "ed25519", "-N", "secret", "-f", locked);
});
test.after(() => rmSync(work, { recursive: true }));

const digest = (digit: string) => digit.repeat(64);
const bare = (): Manifest => {
  const { state: _, ...manifest } = decodeManifest(emptyManifest("web1"), "it");
  const volumes = [1, 2].map((medium) => ({ name: `v${medium}`, sizeBytes: 5, sha256: digest("a"), medium }));
  return { ...manifest, volumes, media: { number: 1, of: 2 }, boot: "boot.sha256" };
};
const flawOf = (text: string, trusted = `${key}.pub`) =>
  manifestFlaw(decodeManifest(text, "it"), readTrustedKeys(host, trusted), "it");
const signed = async () => encodeManifest(await signManifest(host, key, bare()));

test("a signed manifest is that of its key, whichever medium it lies on, and of no other", async () => {
  const text = await signed();
  assert.is(flawOf(text), undefined);
  const { state: _, media: _m, boot: _b, ...rest } = decodeManifest(text, "it");
  const together = { ...rest, volumes: rest.volumes.map(({ medium: _, ...volume }) => volume) };
  assert.is(flawOf(encodeManifest(together)), undefined);
  assert.match(flawOf(text, `${other}.pub`) ?? "", /web1, set .*is signed by a key that is not trusted$/);
  const both = join(work, "both");
  writeFileSync(both, `# old\n\n${readFileSync(`${other}.pub`)}backup ${readFileSync(`${key}.pub`)}`);
  assert.is(flawOf(text, both), undefined);
  assert.match(flawOf(encodeManifest(bare())) ?? "", /is not signed$/);
});

test("whatever is changed in a signed manifest is noticed, with a digest made anew", async () => {
  const { state: _, ...manifest } = decodeManifest(await signed(), "it");
  const [volume] = manifest.volumes;
  if (!volume) throw new Error("no volume");
  const changes: Partial<Manifest>[] = [
    { set: "11111111-2222-4333-8444-555555555555" },
    { created: 1 },
    { volumes: [{ ...volume, sha256: digest("b") }] },
    { volumes: [] },
    { catalog: { ...manifest.catalog, sha256: digest("c") } },
    { layout: { version: 1, nodes: [{ kind: "note", id: "n", text: "x" } as never] } },
    { headers: [{ ...volume, name: "header" }] },
    { entries: 1 },
    { options: { ...manifest.options, restoreByDefault: true } },
  ];
  for (const change of changes) {
    const said = flawOf(encodeManifest({ ...manifest, ...change })) ?? "";
    assert.match(said, /is not what was signed/, JSON.stringify(change));
  }
  const { signature = "" } = manifest;
  for (const [wrong, why] of [
    [signature.slice(0, 40), /has no signature that can be read/],
    ["", /has no signature that can be read/],
    [`${signature.slice(0, -8)}AAAAAAA=`, /is not what was signed|can be read/],
  ] as const)
    assert.match(flawOf(encodeManifest({ ...manifest, signature: wrong })) ?? "", why);
});

test("a signature for something else doesn't count", async () => {
  const text = "the list of what boots\n";
  const signature = await signText(host, key, "mondo-boot", text);
  const keys = readTrustedKeys(host, `${key}.pub`);
  assert.is(signatureFlaw({ text, signature }, "mondo-boot", keys), undefined);
  assert.is(signatureFlaw({ text, signature }, "mondo-set", keys), "has no signature that can be read");
});

test("ssh-keygen accepts what FORMAT.md says, and nothing else", async () => {
  const text = await signed();
  const { signature = "" } = decodeManifest(text, "it");
  const [signers, file] = [join(work, "signers"), join(work, "signature")];
  writeFileSync(signers, `backup ${readFileSync(`${key}.pub`)}`);
  writeFileSync(file, armored(signature));
  const verify = (input: string) =>
    spawnSync("ssh-keygen", ["-Y", "verify", "-f", signers, "-I", "backup", "-n", "mondo-set", "-s", file], { input });
  assert.is(verify(signedTextOf(text)).status, 0);
  assert.is.not(verify(signedTextOf(text.replace("web1", "web2"))).status, 0);
});

test("what boots is signed for its set; another set's list, a changed one and a further file are noticed", async () => {
  const boot = { set: EMPTY_SET, head: digest("1"), files: [] as { name: string; sha256: string }[] };
  const program = join(work, "vmlinuz");
  writeFileSync(program, "kernel");
  const sha256 = new Bun.CryptoHasher("sha256").update("kernel").digest("hex");
  const digests = { set: boot.set, files: [{ name: "boot/vmlinuz", sha256 }] };
  const list = encodeBootDigests(digests, await signText(host, key, "mondo-boot", bootTextOf(digests)));
  assert.is(list.length, 8192);
  assert.is(decodeBootDigests(list)?.signed?.text, bootTextOf(digests));
  const keys = readTrustedKeys(host, `${key}.pub`);
  const defects = async (text: string, set = EMPTY_SET, more: [string, string][] = []) => {
    const path = join(work, "boot.sha256");
    writeFileSync(path, text);
    const span = { path: program, offset: 0, sizeBytes: 6 };
    const files = new Map([["boot/vmlinuz", span], ...more.map(([name]) => [name, span] as const)]);
    const part: BootPart = { place: "it", list: { path, offset: 0, sizeBytes: 8192 }, head: undefined, files };
    return (await verifyBoot(host, part, "covered", () => {}, { keys, set })).defects;
  };
  assert.equal(await defects(list), []);
  assert.equal(await defects(list, "11111111-2222-4333-8444-555555555555"), [
    "what boots on it is signed for another set",
  ]);
  assert.equal(await defects(encodeBootDigests(digests)), ["what boots on it is not signed"]);
  const forged = list.replace(sha256, digest("d"));
  assert.match((await defects(forged))[0] ?? "", /^what boots on it is not what was signed/);
  assert.equal(await defects(list, EMPTY_SET, [["boot/grub/x.cfg", ""]]), ["it:/boot/grub/x.cfg is not signed"]);
});

test("keys that can't sign unattended are refused with a sentence, before anything is saved", async () => {
  for (const [path, why] of [
    [rsa, /signing with .*rsa failed: it is not an Ed25519 key/],
    [locked, /signing with .*locked failed/],
    [`${key}.none`, /--sign .*none does not exist/],
    ["/etc/hostname", /signing with \/etc\/hostname failed/],
  ] as const) {
    const error = await signingKey(host, path).catch((failure) => failure);
    assert.instance(error, MondoError);
    assert.match(error.message, why);
  }
  assert.is(`${await signingKey(host, key)} a comment`, readFileSync(`${key}.pub`, "utf8").trim());
});

test("a file without such a key, or none, is no list of whom to trust", () => {
  for (const [path, why] of [
    [`${rsa}.pub`, /has no public key of the type ssh-ed25519/],
    [join(work, "nothing"), /can't be read/],
  ] as const)
    assert.throws(
      () => readTrustedKeys(host, path),
      (error: Error) => why.test(error.message),
    );
});

test("decodeSshSignature() takes no damaged bytes", async () => {
  const signature = await signText(host, key, "mondo-set", "x\n");
  const bytes = Buffer.from(signature, "base64");
  assert.ok(decodeSshSignature(signature));
  for (let cut = 0; cut < bytes.length; cut++) {
    assert.is(decodeSshSignature(bytes.subarray(0, cut).toString("base64")), undefined);
  }
  for (const at of [3, 9, 13, 20]) {
    const other = Buffer.from(bytes);
    other[at] = 255;
    assert.is(decodeSshSignature(other.toString("base64")), undefined, `byte ${at}`);
  }
});

test.run();
