import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { optionHints } from "../../../src/commands/option-hints.ts";
import { decodeShare } from "../../../src/commands/share-option.ts";
import { bootWordHints } from "../../../src/init/network/boot-word-hints.ts";
import { allWords, bootWords } from "../../../src/init/words/boot-words.ts";
import { cure, withSettingHint } from "../../../src/network/setting.ts";

const refused = new MondoError("not-found", "nas is there, but runs no NFS server", {
  ...{ hint: "Start it there.", cause: "x" },
  data: { errno: 111, ...cure("share").data },
});
const hintOf = (error: unknown) => (error instanceof MondoError ? error.hint : undefined);
const hintsFor = (text: string) => optionHints(decodeShare(text), "write");

test("withSettingHint() adds how the setting is changed: by a boot word in the rescue, by an option on a live machine", () => {
  assert.is(
    hintOf(withSettingHint(refused, bootWordHints)),
    "Start it there, or give another place (nfsmount=, mondo.source=) or prefix=.",
  );
  const live = withSettingHint(refused, hintsFor("//nas/b"));
  assert.is(hintOf(live), "Start it there, or give another -n //SERVER/SHARE.");
  assert.equal([(live as MondoError).code, (live as MondoError).message], ["not-found", refused.message]);
  assert.equal((live as MondoError).data, { errno: 111 }, "it is not added twice");
});

test("withSettingHint() makes a sentence where there was no hint, and leaves all other errors alone", () => {
  const noRoute = new MondoError("not-found", "there is no route to nas", cure("gateway"));
  assert.match(hintOf(withSettingHint(noRoute, bootWordHints)) ?? "", /^Give the gateway .* ipconf=DEV.*GATEWAY\.$/);
  for (const other of [new MondoError("bug", "x", { hint: "Look." }), new Error("x"), "x"]) {
    assert.is(withSettingHint(other, bootWordHints), other);
  }
});

test("hints on a live machine speak of no boot word, those of the rescue only of words that exist", () => {
  const named = (hints: object) => Object.values(hints).flatMap((hint: string) => hint.match(/[a-z.-]+=(?!\w)/g) ?? []);
  assert.equal(named(hintsFor("nas:/b")), []);
  const words = allWords(bootWords).flatMap(({ names }) => names);
  assert.equal(
    named(bootWordHints).filter((word) => !words.includes(word)),
    [],
  );
});

test.run();
