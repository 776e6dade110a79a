/** Writing a set to discs in a drive whose discs and failures are made up. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeManifest } from "../../../src/archive/set/manifest.ts";
import { MondoError } from "../../../src/base/errors.ts";
import { silentReporter } from "../../../src/base/report.ts";
import { burnImages, type DiscImage, type DiscWish, freeDisc } from "../../../src/discs/burn-images.ts";
import type { Disc, DiscDrive } from "../../../src/discs/disc-drive.ts";
import { mediaKindOf } from "../../../src/discs/media-kinds.ts";
import { emptyManifest } from "../../support/empty-manifest.ts";
import { fakeHost } from "../../support/fake-host.ts";

const manifest = (number: number) => ({
  ...decodeManifest(emptyManifest("web1"), "manifest"),
  media: { number, of: 2 },
});
const texts = { "/s/web-1.iso": "the first image", "/s/web-2.iso": "the second one" };
const images: DiscImage[] = Object.entries(texts).map(([path, text], index) => ({
  ...{ path, sizeBytes: text.length, manifest: manifest(index + 1) },
}));

/** A disc of the test: what xorriso calls it, what it holds, and what goes wrong with it. */
interface MadeDisc {
  readonly profile: string;
  content?: string;
  readonly holds?: Disc["manifest"];
  readonly room?: number;
  readonly fails?: "write" | "bit" | "read";
}

/** A drive, and a person who puts in one disc after the other and answers what is said. */
function rig(discs: readonly MadeDisc[], answers: readonly (boolean | undefined)[], stays = false) {
  const waiting = [...discs];
  const [says, replies] = [[] as string[], [...answers]];
  let inside = waiting.shift();
  const drive: DiscDrive = {
    name: "/dev/sr0",
    async look() {
      if (!inside) return { isBlank: false, capacityBytes: 0 };
      const { profile, content, holds, room = 1000 } = inside;
      const kind = mediaKindOf(profile);
      const state = { name: profile, isBlank: content === undefined, capacityBytes: room };
      return { ...state, ...(kind ? { kind } : {}), ...(holds ? { manifest: holds } : {}) };
    },
    async burn({ image }) {
      if (!inside) throw new Error("no disc");
      if (inside.fails === "write") {
        inside.content = "half";
        throw new MondoError("system", "/dev/sr0: the disc can't be written: Power calibration area error");
      }
      const text = texts[image as keyof typeof texts];
      inside.content = inside.fails === "bit" ? text.replace("e", "a") : text;
    },
    async reload() {},
    readAt(offset, length) {
      if (inside?.fails === "read") throw new MondoError("system", "read /dev/sr0: input/output error");
      return new TextEncoder().encode(inside?.content ?? "").subarray(offset, offset + length);
    },
    eject() {
      if (!stays) inside = undefined;
    },
  };
  const world = {
    ...{
      host: fakeHost({ files: texts }),
      drive,
      reporter: { ...silentReporter, warn: (text: string) => void says.push(text) },
    },
    signal: new AbortController().signal,
    async ask(text: string) {
      says.push(text);
      const answer = replies.shift();
      if (answer && text.startsWith("Put a blank disc")) inside = waiting.shift() ?? inside;
      return answer;
    },
  };
  return { world, discs, says, left: () => replies.length };
}

const wish: DiscWish = { families: ["DVD", "BD"], blank: false, eject: true };
const plain = (): MadeDisc => ({ profile: "DVD+R" });

async function failureOf(work: Promise<unknown>): Promise<MondoError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof MondoError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

test("each image goes to a disc of its own", async () => {
  const { world, discs } = rig([plain(), plain()], [true]);
  await burnImages(world, images, wish);
  assert.equal(
    discs.map(({ content }) => content),
    Object.values(texts),
  );
});

for (const fails of ["write", "bit", "read"] as const) {
  test(`a disc that fails (${fails}): the same image goes to another one, the discs before stay`, async () => {
    const { world, discs, says, left } = rig([plain(), { ...plain(), fails }, plain()], [true, true]);
    await burnImages(world, images, wish);
    assert.equal([discs[0]?.content, discs[2]?.content], Object.values(texts));
    assert.ok(
      says.some((text) => /calibration|differs from the image at byte 2|can't be read back/.test(text)),
      says.join(),
    );
    assert.is(left(), 0);
  });
}

test("without a terminal the second disc is not waited for: what is left, and how to go on, is said", async () => {
  const { world, discs } = rig([plain(), plain()], [undefined]);
  const { message, hint, code } = await failureOf(burnImages(world, images, wish));
  assert.match(message, /medium 2 of 2 .* needs another disc, and there is no terminal/);
  assert.match(hint ?? "", /Good already: disc 1\. Write the rest with: mondo burn -d \/dev\/sr0 \/s\/web-2\.iso$/);
  assert.is(code, "system");
  assert.is(discs[0]?.content, texts["/s/web-1.iso"]);
});

test("no more discs: the failure stays what it was", async () => {
  const { world } = rig([{ ...plain(), fails: "write" }], [false]);
  const { message, hint } = await failureOf(burnImages(world, images, wish));
  assert.match(message, /Power calibration/);
  assert.match(hint ?? "", /mondo burn -d \/dev\/sr0 \/s\/web-1\.iso \/s\/web-2\.iso$/);
});

test("the disc just written, left in the drive, is never written over, --blank or not", async () => {
  const mine = { profile: "DVD+RW", content: "the first image", holds: manifest(1) };
  const { world, says } = rig([mine], [true, undefined], true);
  const second = images.slice(1);
  await failureOf(burnImages(world, second, { ...wish, blank: true }));
  assert.is(mine.content, "the first image");
  assert.match(says.join("\n"), /is medium 1 of 2 of the backup of web1 .*which belongs to this one/);
});

test("what a rewritable disc holds goes after a yes alone", async () => {
  const full = (): MadeDisc => ({ profile: "DVD+RW", content: "photos" });
  const yes = rig([full()], [true]);
  await burnImages(yes.world, images.slice(0, 1), wish);
  assert.is(yes.discs[0]?.content, texts["/s/web-1.iso"]);
  const no = rig([full(), plain()], [false, true]);
  await burnImages(no.world, images.slice(0, 1), wish);
  assert.equal(
    no.discs.map(({ content }) => content),
    ["photos", texts["/s/web-1.iso"]],
  );
  const nobody = rig([full()], [undefined]);
  const { message, code } = await failureOf(burnImages(nobody.world, images.slice(0, 1), wish));
  assert.match(message, /this DVD\+RW holds something that is no backup made by mondo, and there is no terminal/);
  assert.is(code, "refused");
  assert.is(nobody.discs[0]?.content, "photos");
  const blank = rig([full()], []);
  await burnImages(blank.world, images.slice(0, 1), { ...wish, blank: true });
  assert.is(blank.discs[0]?.content, texts["/s/web-1.iso"]);
});

const refusals: readonly [MadeDisc, RegExp][] = [
  [{ profile: "DVD+R", content: "x" }, /this DVD\+R can't be written again; it holds something/],
  [{ profile: "DVD-ROM", content: "x" }, /\(DVD-ROM\) can't be written to; it holds/],
  [{ profile: "CD-R" }, /is a CD-R; a DVD or BD was asked for/],
  [{ profile: "DVD+R", room: 10 }, /has room for 10 B, and 15 B are to be written/],
  [{ profile: "DVD+RW", content: "x", room: 10 }, /has room for 10 B/],
];

for (const [bad, why] of refusals) {
  test(`refused: ${why.source}`, async () => {
    const { world, discs, says } = rig([bad, plain()], [true]);
    await burnImages(world, images.slice(0, 1), { ...wish, blank: true });
    assert.match(says[0] ?? "", why);
    assert.is(discs[0]?.content, bad.content);
    assert.is(discs[1]?.content, texts["/s/web-1.iso"]);
  });
}

test("an empty drive is said", async () => {
  const { world, says } = rig([], [false]);
  const wanted = { families: wish.families, sizeBytes: 0 };
  const { code } = await failureOf(freeDisc(world, wanted, { what: "it", eject: true }));
  assert.is(code, "cancelled");
  assert.match(says[0] ?? "", /no disc is in the drive/);
});

test.run();
