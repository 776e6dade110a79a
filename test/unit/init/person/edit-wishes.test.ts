import { test } from "uvu";
import * as assert from "uvu/assert";
import { editNetworkWishes } from "../../../../src/init/person/edit-wishes.ts";
import { parseBootOptions } from "../../../../src/init/words/boot-options.ts";
import type { Ask } from "../../../../src/ui/ask.ts";

/** Answers in their order; an empty one is what is offered. What was shown is remembered. */
function person(...answers: string[]): { ask: Ask; shown: string[] } {
  const shown: string[] = [];
  const refuse = () => Promise.reject(new Error("nothing else is asked"));
  const line: Ask["line"] = async (text, options = {}) => {
    shown.push(`${text} [${options.initial ?? ""}]`);
    const answer = answers.shift() || (options.initial ?? "");
    assert.is(options.check?.(answer), undefined, answer);
    return answer;
  };
  return { ask: { menu: refuse, confirm: refuse, line }, shown };
}
const wishes = (words: string) => parseBootOptions(words).network;

test("editNetworkWishes() shows no password of a URL, and keeps it with an empty answer", async () => {
  const { ask, shown } = person("", "", "m2");
  const before = wishes("mondo.source=https://joe:secret@web/sets prefix=m1");
  const after = await editNetworkWishes(ask, before);
  assert.equal([after.source, after.prefix], ["https://joe:secret@web/sets", "m2"]);
  assert.not.match(shown.join(), /secret/);
});

test("nor that of an FTP server", async () => {
  const { ask, shown } = person("", "", "");
  const after = await editNetworkWishes(ask, wishes("mondo.source=ftps://joe:secret@nas/sets prefix=m1"));
  assert.is(after.source, "ftps://joe:secret@nas/sets");
  assert.not.match(shown.join(), /secret/);
  assert.match(shown.join(), /ftps:\/\/joe@nas\/sets/);
});

test("what is typed as a place is shown without its password", async () => {
  for (const [place, wanted] of [
    ["https://joe:secret@web/sets", "https://web/sets"],
    ["ftps://joe:sec@ret@nas/sets", "ftps://joe@nas/sets"],
    ["nas:/sets", "nas:/sets"],
  ] as const) {
    const shown: string[] = [];
    const line: Ask["line"] = async (text, options) => {
      if (text === "nfsmount") shown.push(options?.shown?.(place) ?? place);
      return options?.initial ?? "";
    };
    const refuse = () => Promise.reject(new Error("nothing else is asked"));
    await editNetworkWishes({ menu: refuse, confirm: refuse, line }, wishes("nfsmount=old:/x"));
    assert.equal(shown, [wanted]);
  }
});

for (const [typed, wanted] of [
  ["nas:/b", "nfsmount=nas:/b"],
  ["joe@nas:/b", "mondo.source=sftp://joe@nas/b"],
  ["sftp://joe@nas:2222/b", "mondo.source=sftp://joe@nas:2222/b"],
  ["http://web/x-1.iso", "mondo.source=http://web/x-1.iso"],
] as const) {
  test(`editNetworkWishes() takes ${typed} in place of what was there`, async () => {
    for (const old of ["nfsmount=old:/x", "mondo.source=http://old/x", ""]) {
      assert.equal(
        await editNetworkWishes(person("", typed, "").ask, wishes(`${old} prefix=p`)),
        wishes(`${wanted} prefix=p`),
      );
    }
  });
}

test.run();
