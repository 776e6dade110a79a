import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Manifest } from "../../../../src/archive/set/manifest.ts";
import type { MediumPass } from "../../../../src/archive/set/media-passes.ts";
import type { OpenSet } from "../../../../src/archive/set/open-set.ts";
import type { Medium } from "../../../../src/init/medium/mounted-medium.ts";
import { sharedMedia } from "../../../../src/init/medium/shared-media.ts";
import type { Rescue } from "../../../../src/init/rescue.ts";

const pass = (medium: number, set?: string): MediumPass => ({
  medium,
  volumes: new Set([medium - 1]),
  ...(set === undefined ? {} : { set }),
});

/**
 * A share with the images of these numbers, of three; a person who answers its menus in turn, and may put images there
 * meanwhile.
 */
function share(images: number[], answers: readonly (readonly [string, number?])[] = []) {
  const manifest = { set: "s", created: 0, media: { number: 1, of: 3 }, host: { name: "web1" } } as unknown as Manifest;
  const asked: string[] = [];
  const left = [...answers];
  const reopen = () => {
    const there = new Set(images);
    const media = [1, 2, 3].map((number) => ({ number, place: there.has(number) ? `/e/m-${number}.iso` : undefined }));
    const locate = (name: string) =>
      there.has(Number(name)) ? { path: `/e/m-${name}.iso`, offset: 0, sizeBytes: 1 } : undefined;
    return { media, locate } as unknown as OpenSet;
  };
  const menu = async (text: string) => {
    asked.push(text);
    const [answer = "", puts] = left.shift() ?? [];
    if (puts !== undefined) images.push(puts);
    return answer;
  };
  const rescue = { ask: { menu } } as unknown as Rescue;
  const { media, locate } = sharedMedia(rescue, { name: "nas:/e/m-1.iso" } as Medium, manifest, reopen);
  if (!media || !locate) throw new Error("nothing was made");
  return { media, locate, asked, images };
}

test("sharedMedia() reaches what is on the share, an image that came later too, and leaves parents to who found them", async () => {
  const { media, locate, images } = share([1, 3]);
  assert.equal(await Promise.all([pass(1), pass(2), pass(3), pass(2, "parent")].map((p) => media.reach(p))), [
    true,
    false,
    true,
    true,
  ]);
  assert.is(locate("2"), undefined);
  images.push(2);
  assert.is(await media.reach(pass(2)), true);
  assert.is(locate("2")?.path, "/e/m-2.iso");
  assert.is(media.isChanged, false);
});

test("sharedMedia() asks for an image until it is there, by number and host", async () => {
  const { media, asked } = share([1], [["wait"], ["wait", 2]]);
  assert.is(await media.ask(pass(2), false), true);
  assert.is(asked.length, 2);
  assert.match(
    asked[0] ?? "",
    /^m-2\.iso \(medium 2 of 3 of the backup of web1, 1970-01-01 00:00 UTC\) is not beside nas:\/e\/m-1\.iso/,
  );
});

test("sharedMedia() lets a person go on without an image, or stop with one sentence", async () => {
  assert.is(await share([1], [["without"]]).media.ask(pass(3), false), false);
  const error = await share([1], [["stop"]])
    .media.ask(pass(3), false)
    .catch((caught) => caught);
  assert.is(error.code, "cancelled");
  assert.match(error.message, /^the restore was stopped when m-3\.iso \(medium 3 of 3 of the backup of web1/);
});

test.run();
