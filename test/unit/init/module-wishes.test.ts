import { test } from "uvu";
import * as assert from "uvu/assert";
import { moduleWishesOf } from "../../../src/init/module-wishes.ts";
import { parseBootOptions } from "../../../src/init/words/boot-options.ts";

const image = { modules: { force: ["aacraid", "dummy"], deny: ["nouveau", "e1000e"] } };
const wishesOf = (line: string, identity: Parameters<typeof moduleWishesOf>[1]) => {
  const { force, deny, imageDenies } = moduleWishesOf(parseBootOptions(line), identity);
  return { force, deny, imageDenies };
};

test("moduleWishesOf() takes what the image was made with, where no boot word speaks", () => {
  assert.equal(wishesOf("nuke", image), { force: ["aacraid", "dummy"], deny: [], imageDenies: ["nouveau", "e1000e"] });
  assert.equal(wishesOf("nuke", {}), { force: [], deny: [], imageDenies: [] });
});

test("moduleWishesOf() lets boot words prevail over the image", () => {
  assert.equal(wishesOf("nuke mondo.forcemods=e1000e mondo.denymods=dummy", image), {
    force: ["e1000e", "aacraid"],
    deny: ["dummy"],
    imageDenies: ["nouveau"],
  });
});

test.run();
