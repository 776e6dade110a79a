import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CommandContext } from "../../../../src/commands/command.ts";
import { helpCommands } from "../../../../src/commands/help/help-commands.ts";
import { parseBootOptions, understand } from "../../../../src/init/words/boot-options.ts";
import { flag, lastOf } from "../../../../src/init/words/boot-word.ts";
import { allWords, bootWords } from "../../../../src/init/words/boot-words.ts";

/** Two words that nobody has, entered in the table and nowhere else. */
const words = {
  ...bootWords,
  rescue: {
    ...bootWords.rescue,
    tea: flag(["mondo.tea"], "make tea meanwhile"),
    sugar: lastOf({
      name: "mondo.sugar=",
      syntax: "mondo.sugar=LUMPS",
      meaning: "how sweet it is",
      parse: (text) => (/^\d$/.test(text) ? Number(text) : undefined),
    }),
  },
};

test("a word that is only entered in the table is an option with the type of its parser", () => {
  const { tea, sugar, textOnly, mode } = understand("quiet mondo.tea mondo.sugar=1 mondo.sugar=2 textonly nuke", words);
  const lumps: number | undefined = sugar;
  const isMade: boolean = tea;
  assert.equal([isMade, lumps, textOnly, mode], [true, 2, true, "nuke"]);
  // @ts-expect-error: nobody has entered it
  assert.is(understand("", words).coffee, undefined);
});

test("its value is checked by its parser, and a value that makes no sense is complained about", () => {
  const { sugar, complaints } = understand("mondo.sugar=much mondo.teas mondo.tea=1", words);
  assert.is(sugar, undefined);
  assert.equal(complaints, [
    "mondo.teas: there is no such boot word",
    "mondo.tea=1: expected mondo.tea",
    "mondo.sugar=much: expected mondo.sugar=LUMPS",
  ]);
});

/** What a command of the help shows. */
async function shownBy(name: string, ...operands: string[]): Promise<string> {
  const command = helpCommands(() => [], words).find(({ spec }) => spec.name === name);
  let shown = "";
  const take = (text: string) => {
    shown += text;
  };
  const parsed = { operands, values: new Map(), flags: new Set() };
  await command?.run({ words: parsed, columns: 80, write: take, page: take } as unknown as CommandContext);
  return shown;
}

test("it is in `mondo help boot` and in the manual page", async () => {
  for (const text of [await shownBy("help", "boot"), (await shownBy("man")).replaceAll("\\-", "-")]) {
    assert.match(text, /mondo\.tea +make tea meanwhile/);
    assert.match(text, /mondo\.sugar=LUMPS +how sweet it is/);
  }
});

/** One value for each word about the network, whose values are put together with those of others. */
const examples: Readonly<Record<string, string>> = {
  "prefix=": "web1",
  "nfsmount=": "nas:/backup",
  "mondo.source=": "http://nas/web1-1.iso",
  "mondo.ssh-key=": "LABEL=KEYS:/id",
  "mondo.credentials=": "LABEL=KEYS:/login",
  "mondo.status=": "http://nas/status",
  "ping=": "9",
  "ipconf=": "eth0:dhcp",
  "ip=": "eth0:dhcp",
  "nameserver=": "10.0.0.1",
  "vlan=": "vlan5:eth0",
  "bond=": "bond0:eth0,eth1",
};
for (const word of Object.values({ ...bootWords.places, ...bootWords.cards })) {
  const [name = ""] = word.names;
  test(`the value of ${name} is not lost`, () => {
    const { network, complaints } = parseBootOptions(`${name}${examples[name] ?? ""}`);
    assert.equal(complaints, []);
    assert.not.equal(network, parseBootOptions("").network, `${name} changes nothing: is its value handed on?`);
  });
}

test("of two places of the set, one is taken and the other named", () => {
  const { network, complaints } = parseBootOptions("nfsmount=nas:/a mondo.source=nas2:/b");
  assert.equal(network, parseBootOptions("mondo.source=nas2:/b").network);
  assert.equal(complaints, ["nfsmount=: ignored, because mondo.source= is given, too"]);
});

test("no two words share a spelling, and no two tables an option", () => {
  const spellings = allWords(bootWords).flatMap(({ names }) => names);
  assert.equal(spellings.length, new Set(spellings).size);
  const { modes, rescue, places, cards } = bootWords;
  const options = [modes, rescue, places, cards].flatMap((table) => Object.keys(table));
  assert.equal(options.length, new Set(options).size);
  const own = ["mode", "modeGiven", "unattended", "consoles", "moduleParameters", "network", "complaints"];
  for (const taken of [...own, "misunderstood"]) {
    assert.not.ok(taken in rescue, taken);
  }
});

test.run();
