import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Command } from "../../../src/commands/command.ts";
import { listCommand } from "../../../src/commands/list-command.ts";
import { parseWords } from "../../../src/commands/parse.ts";
import { restoreCommand } from "../../../src/commands/restore-command.ts";
import { sharedWord } from "../../../src/commands/with-shared-set.ts";
import { fakeHost } from "../../support/fake-host.ts";

const host = fakeHost({ files: { "nas:/b/here-1.iso": "" } });
const find = ({ spec }: Command, ...words: string[]) => sharedWord(spec, host, parseWords(spec, words));

for (const [text, share, image] of [
  ["nas:/b/web1-1.iso", "nas:/b", "web1-1.iso"],
  ["joe@nas:/b", "sftp://joe@nas/b", undefined],
  ["//nas/My b/web 1-1.iso", "cifs://nas/My%20b", "web 1-1.iso"],
  ["smb://nas/b", "cifs://nas/b", undefined],
  ["https://web/b/web1-1.iso", "https://web/b", "web1-1.iso"],
] as const) {
  test(`sharedWord() takes SET ${text} apart`, () => {
    const { place, replacedBy } = find(listCommand, text, "/etc") ?? {};
    assert.equal([place?.share.text, place?.image], [share, image]);
    assert.equal(replacedBy?.("/run/x").operands, ["/run/x", "/etc"], "patterns stay");
  });
}

test("sharedWord() takes a share as the value of an option that names a set", () => {
  const words = find(restoreCommand, "--from", "nas:/c", "--nuke")?.replacedBy("/run/x");
  assert.equal([words?.values.get("from"), words?.flags.has("nuke")], ["/run/x", true]);
});

test("sharedWord() leaves files of this machine and patterns alone", () => {
  for (const words of [["nas:/b/here-1.iso"], ["/b/x-1.iso", "nas:/c"], ["x-1.iso"], []]) {
    assert.is(find(listCommand, ...words), undefined, words.join(" "));
  }
});

test.run();
