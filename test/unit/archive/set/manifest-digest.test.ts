import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeManifest, encodeManifest, soundLayout } from "../../../../src/archive/set/manifest.ts";
import { encodeText } from "../../../../src/base/bytes.ts";
import { MondoError } from "../../../../src/base/errors.ts";
import { emptyManifest } from "../../../support/empty-manifest.ts";

/** What reading a text shows: its flaws, or the code of the error. */
function reading(text: string): readonly string[] {
  try {
    return decodeManifest(text, "manifest.json").state?.flaws ?? ["no state"];
  } catch (error) {
    assert.instance(error, MondoError);
    return [(error as MondoError).code];
  }
}

test("a manifest as it was written has a digest that is right, and no flaw", () => {
  const { state, ...manifest } = decodeManifest(emptyManifest("web1"), "m");
  assert.equal(state, { flaws: [], hasDigest: true });
  assert.is(encodeManifest(manifest), emptyManifest("web1"));
});

test("each bit that flips in a manifest is noticed", () => {
  const bytes = encodeText(emptyManifest("web1"));
  for (let bit = 0; bit < bytes.length * 8; bit += 3) {
    const damaged = bytes.slice();
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const found = reading(new TextDecoder().decode(damaged));
    assert.is.not(found.length, 0, `bit ${bit}: ${new TextDecoder().decode(damaged.slice(0, 90))}`);
  }
});

test("a manifest that was cut, changed or written by an editor is noticed", () => {
  const text = emptyManifest("web1");
  const wrong = ["m is not what was written: it does not match its own digest"];
  const changed = text.replace('"prefix": "web1"', '"prefix": "web2"');
  for (const other of [changed, `${text}\n`, ` ${text}`, JSON.stringify(JSON.parse(text))]) {
    assert.equal(decodeManifest(other, "m").state?.flaws, wrong);
  }
  assert.equal(reading(text.slice(0, -9)), ["damaged"]);
});

test("a manifest of a version without digests is read", () => {
  const { digest: _, ...old } = JSON.parse(emptyManifest("web1"));
  for (const text of [JSON.stringify(old), JSON.stringify(old, null, 1)]) {
    assert.equal(decodeManifest(text, "m").state, { flaws: [], hasDigest: false });
  }
});

test("a manifest of a time that no calendar has is refused", () => {
  const { digest: _, ...old } = JSON.parse(emptyManifest("web1"));
  const ages = { set: old.set, created: -1e300, prefix: "p", level: 0, volumes: [] };
  for (const wrong of [{ created: 1e15 }, { created: -1e300 }, { parents: [ages] }]) {
    assert.throws(
      () => decodeManifest(JSON.stringify({ ...old, ...wrong }), "m"),
      /^m is not a manifest this .*created/,
    );
  }
});

test("a layout that can't be used is a flaw; the rest of the manifest can be", () => {
  const { digest: _, ...old } = JSON.parse(emptyManifest("web1"));
  for (const layout of [null, { version: 9, nodes: [] }, { version: 1, nodes: [{ kind: "quantum", id: "q" }] }, []]) {
    const manifest = decodeManifest(JSON.stringify({ ...old, layout }), "m");
    assert.is(manifest.host.name, "web1");
    assert.is(manifest.state?.flaws.length, 1);
    assert.match(manifest.state?.flaws[0] ?? "", /^the layout of disks in m can't be used: (?!its layout)/);
    assert.throws(
      () => soundLayout(manifest),
      (error: unknown) => error instanceof MondoError && error.code === "damaged" && error.hint !== undefined,
    );
  }
});

test.run();
