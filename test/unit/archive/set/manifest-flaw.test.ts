import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeManifest } from "../../../../src/archive/set/manifest.ts";
import { MondoError } from "../../../../src/base/errors.ts";
import { randomOf } from "../../../support/seeded-random.ts";

const sha256 = "0123456789abcdef".repeat(4);
const file = (name: string) => ({ name, sizeBytes: 1, sha256 });
const parent = (set: string) => ({ set, created: 1, prefix: "p", level: 0, volumes: [file("volume-0001.tar.zst")] });
const IDS = ["1b4e28ba-2fa1-4d2e-883f-0016d3cca427", "2b4e28ba-2fa1-4d2e-883f-0016d3cca427"] as const;
const sound = {
  ...{ format: "mondo-set", version: 1, set: IDS[0], created: 1, prefix: "p" },
  tool: { version: "1", commit: "c" },
  host: { name: "h", os: "o", kernel: "k", arch: "a" },
  layout: { version: 1, nodes: [] },
  volumes: [file("volume-0001.tar.zst"), file("volume-0002.tar.zst")],
  catalog: file("catalog.mcat.zst"),
  ...{ codec: "zstd", entries: 1, contentBytes: 1, problems: [] as unknown[] },
  options: { restoreByDefault: false, eject: true, excluded: [] as string[] },
};

/** What is said of a manifest with something changed; empty: nothing. */
function flawOf(change: object | null | string): string {
  const value = typeof change === "object" && change !== null ? { ...sound, ...change } : change;
  try {
    decodeManifest(JSON.stringify(value), "m");
    return "";
  } catch (error) {
    assert.ok(error instanceof MondoError && error.code === "damaged");
    return (error as MondoError).message.replace("m is not a manifest this version reads: ", "");
  }
}

test("a field that is wrong is named, with what it must be, and what it is", () => {
  const volumes = (more: object) => ({ volumes: [sound.volumes[0], { ...file("v"), ...more }] });
  const cases: readonly (readonly [object | null | string, string])[] = [
    [{}, ""],
    [{ version: 2 }, "version must be 1, and is 2"],
    [{ format: "tar" }, 'format must be "mondo-set", and is "tar"'],
    [{ set: "x" }, 'set must be a UUID, and is "x"'],
    [{ entries: -1 }, "entries must be at least 0, and is -1"],
    [{ entries: 1.5 }, "entries must be a whole number below 2^53, and is 1.5"],
    [{ entries: "9" }, 'entries must be a number, and is "9"'],
    [{ entries: undefined }, "entries is missing"],
    [{ codec: "lzo" }, 'codec must be ("zstd" | "gzip" | "xz" | "none"), and is "lzo"'],
    [{ level: 12 }, "level must be at most 9, and is 12"],
    [{ volumes: null }, "volumes must be a list, and is null"],
    [{ host: 5 }, "host must be an object, and is 5"],
    [{ options: { ...sound.options, eject: "yes" } }, 'options.eject must be true or false, and is "yes"'],
    [volumes({ sizeBytes: {} }), "volumes.1.sizeBytes must be a number, and is an object"],
    [volumes({ sizeBytes: undefined }), "volumes.1.sizeBytes is missing"],
    [volumes({ name: "../x" }), 'volumes.1.name must be the name of a file beside it, and is "../x"'],
    [volumes({ sha256: "x" }), 'volumes.1.sha256 must be 64 hexadecimal digits, and is "x"'],
    [{ prefix: 5 }, "prefix must be text, and is 5"],
    [null, "it must be an object, and is null"],
    ["text", 'it must be an object, and is "text"'],
  ];
  for (const [change, flaw] of cases) assert.is(flawOf(change), flaw);
});

test("what is shown of a value is short, and harmless on a terminal", () => {
  const flaw = flawOf({ set: `\u001b[2J\u202e\u009b${"long ".repeat(10_000)}` });
  assert.ok(flaw.length < 100, flaw);
  assert.not.match(flaw, /[\p{Cc}\u202e]/u);
});

test("no file stands for two", () => {
  const [first] = sound.volumes;
  assert.is(flawOf({ volumes: [first, first] }), "it names volume-0001.tar.zst twice");
  assert.is(flawOf({ catalog: file("volume-0002.tar.zst") }), "it names volume-0002.tar.zst twice");
  assert.is(flawOf({ removed: file("catalog.mcat.zst") }), "it names catalog.mcat.zst twice");
  assert.is(flawOf({ headers: [file("h"), file("h")] }), "it names h twice");
  assert.is(flawOf({ volumes: [file("\u001b[1m"), file("\u001b[1m")] }), "it names \\u001b[1m twice");
  // A parent's have the same names.
  assert.is(flawOf({ level: 1, parents: [parent(IDS[1])] }), "");
  assert.is(flawOf({ level: 1, parents: [parent(IDS[1]), parent(IDS[1])] }), `it names ${IDS[1]} twice`);
  const twice = { ...parent(IDS[1]), volumes: [file("a"), file("a")] };
  assert.is(flawOf({ level: 1, parents: [twice] }), "it names a twice");
});

test("whatever a manifest holds, one short sentence says what is wrong (2000 mutations)", () => {
  const below = randomOf(3);
  const values = [null, true, -1, 1.5, 2 ** 60, "", "x\u0007", [], {}, [[]], { a: 1 }, "y".repeat(999)];
  for (let round = 0; round < 2000; round++) {
    const copy = structuredClone({ ...sound, level: 1, parents: [parent(IDS[1])] }) as Record<string, unknown>;
    let place: Record<string, unknown> = copy;
    for (;;) {
      const keys = Object.keys(place);
      const key = keys[below(keys.length)];
      if (key === undefined) break;
      const next = place[key];
      if (typeof next === "object" && next !== null && key !== "layout" && below(3) > 0) {
        place = next as Record<string, unknown>;
        continue;
      }
      if (below(4) === 0) delete place[key];
      else place[key] = values[below(values.length)];
      break;
    }
    const flaw = flawOf(copy);
    assert.ok(flaw.length < 160 && !/invalid|expected|received|\bobject Object|[\p{Cc}]/iu.test(flaw), flaw);
  }
});

test.run();
