/** The editor of layouts on screens: what each shows and offers, what is said while one types, and where back leads. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { silentReporter } from "../../../src/base/report.ts";
import { type Layout, nodeById } from "../../../src/layout/types.ts";
import type { Edit } from "../../../src/plan/edit/edit.ts";
import { findNode } from "../../../src/plan/edit/find-node.ts";
import { editSession } from "../../../src/plan/edit/session.ts";
import { editFromWord, setMeanings } from "../../../src/plan/edit/word-edits.ts";
import type { RestoreContext } from "../../../src/restore/context.ts";
import { editByQuestions } from "../../../src/restore/edit-by-questions.ts";
import {
  editorScreen,
  keysOf,
  keysScreen,
  NEW_NODES,
  nodesScreen,
  valueScreen,
} from "../../../src/restore/edit-screens.ts";
import type { Screen } from "../../../src/ui/screens/screen.ts";
import { choicesOf } from "../../../src/ui/screens/screen-state.ts";

const machine = (name: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, "../../machines", name, "layout.json"), "utf8")) as Layout;
const saved = machine("bios-gpt-ext4");

const offered = (screen: Screen) => choicesOf(screen).map(({ key }) => key);
const linesOf = ({ body }: Screen) => body.flatMap((block) => ("lines" in block ? block.lines : []));

test("the layout stands as a tree above what can be done; undo, redo, reload and save come when there is a use", () => {
  const fresh = editSession(saved);
  assert.equal(offered(editorScreen(fresh)), ["change", "load", "done", "back"]);
  assert.ok(linesOf(editorScreen(fresh)).some((line) => /^\/dev\/vda .*GPT/.test(line)));
  const { edits, ...others } = editSession(saved, [editFromWord("root.type=vfat")]);
  const both = { ...others, edits, undone: edits };
  assert.equal(offered(editorScreen(both)), ["change", "undo", "redo", "reload", "save", "load", "done", "back"]);
  const [warning] = editorScreen(both).body;
  assert.is(warning?.kind, "warning");
  assert.match(JSON.stringify(warning), /no owners/);
});

test("each key is offered for what it can change, and shows what it takes", () => {
  for (const [name, node, some, not] of [
    [
      "bios-gpt-ext4",
      "/",
      ["type", "size", "mount", "raid", "lvm", "luks", "remove"],
      ["table", "subvolume", "volume"],
    ],
    ["bios-gpt-ext4", "/dev/vda", ["table", "partition", "remove"], ["level", "label"]],
    ["bios-md-lvm", "/dev/md0", ["level", "members", "spares"], ["volume"]],
    ["bios-md-lvm", "vg:vg0", ["volume", "members", "remove"], ["size"]],
    ["bios-btrfs-raid1", "/", ["subvolume"], ["level"]],
  ] as const) {
    const keys = keysOf(machine(name), node);
    assert.equal(
      [some.filter((key) => !keys.includes(key)), not.filter((key) => keys.includes(key))],
      [[], []],
      `${name} ${node}`,
    );
  }
  const everywhere = ["bios-gpt-ext4", "bios-md-lvm", "bios-btrfs-raid1"].flatMap((name) => {
    const layout = machine(name);
    const nodes = offered(nodesScreen(layout)).filter((key) => key !== "back" && !Object.hasOwn(NEW_NODES, key));
    return nodes.flatMap((node) => offered(keysScreen(layout, node)));
  });
  const all = new Set([...everywhere, ...Object.values(NEW_NODES).map(({ key }) => key)]);
  assert.equal(
    Object.keys(setMeanings).filter((key) => !all.has(key)),
    [],
  );
  const screen = valueScreen(editSession(saved), "/", "size");
  assert.match(linesOf(screen).join("\n"), /k, m, g or t[\s\S]*For example: home\.size=50%/);
});

test("a volume group is changed whatever its name: as a mount point, a device, or a choice", async () => {
  for (const name of ["home", "vda1", "back"]) {
    const layout = JSON.parse(JSON.stringify(machine("bios-md-lvm")).replaceAll("vg0", name)) as Layout;
    const { question } = nodesScreen(layout);
    const group = question.kind === "choice" && question.choices.find(({ label }) => label === `volume group ${name}`);
    assert.ok(group);
    const screen = keysScreen(layout, group.key);
    assert.equal(offered(screen), ["members", "volume", "remove", "back"], name);
    assert.is(screen.title, `Change the layout: volume group ${name}`);
    assert.is(screen.question.text, `What of volume group ${name}?`);
    const { wanted } = await edit(false, ["change", group.key, "volume", "srv:100m", "done"], [], [], layout);
    assert.equal(wanted, ["add-volume"]);
    const value = valueScreen(editSession(layout), group.key, "members");
    assert.is(value.question.text, `Value of volume group ${name}.members (DEVICE+…)`);
  }
});

test("what is offered as members can be had: those that are there", () => {
  for (const name of ["bios-md-lvm", "uefi-esp-mirror"]) {
    const layout = machine(name);
    for (const node of offered(nodesScreen(layout))) {
      if (node === "back" || Object.hasOwn(NEW_NODES, node) || !keysOf(layout, node).includes("members")) continue;
      const found = findNode(layout, node);
      const made = found.kind === "filesystem" ? nodeById(layout, found.on) : found;
      const members = made && "members" in made ? made.members.map(({ on }) => on) : [];
      const { question } = valueScreen(editSession(layout), node, "members");
      assert.is(question.kind === "line" && question.check?.(members.join("+")), undefined, `${node} of ${name}`);
    }
  }
});

const typing = (name: string, key: string, words: readonly string[] = []) => {
  const { question } = valueScreen(editSession(saved, words.map(editFromWord)), name, key);
  assert.is(question.kind, "line");
  return question.kind === "line" ? question : undefined;
};

test("what is wrong with a value is said while it is typed, and what can't be done is not taken", () => {
  const size = typing("/", "size");
  assert.match(size?.advice?.("many") ?? "", /"many" is not a size/);
  assert.match(size?.check?.("many") ?? "", /Write a number with k, m, g or t/);
  assert.match(size?.advice?.("900g") ?? "", /^\/: |^\/dev/);
  assert.is(size?.advice?.("rest"), undefined);
  const raid = typing("/", "raid");
  assert.is(raid?.advice?.("raid1"), "Not a value yet. Expected: LEVEL:DEVICE+…[,SPARE+…]");
  assert.match(raid?.advice?.("raid1:vdb5") ?? "", /vdb5/);
  assert.is(typing("/", "raid", ["vdb.disk=like:vda"])?.advice?.("raid1:vdb5"), undefined);
});

test("what would not work with a value is said, and may be meant: another change can mend it", () => {
  const type = typing("/", "type");
  assert.match(type?.advice?.("vfat") ?? "", /no owners/);
  assert.is(type?.check?.("vfat"), undefined);
  // What was wrong before is no news.
  assert.is(typing("/boot", "type", ["root.type=vfat"])?.advice?.("ext2"), undefined);
});

/** A person on full screens, or by lines; `<` is Escape. What a line refuses is typed again. */
async function edit(
  isFull: boolean,
  answers: string[],
  edits: readonly Edit[] = [],
  start = edits,
  layout: Layout = saved,
) {
  const said: string[] = [];
  const titles: string[] = [];
  const prompts: string[] = [];
  const next = () => {
    const answer = answers.shift();
    if (answer === undefined) throw new Error(`nothing is left to answer with: ${titles.at(-1)}`);
    if (answer === "<") throw new MondoError("cancelled", "Esc");
    return answer;
  };
  const choose = (choices: readonly { key: string }[], text: string) => {
    const answer = next();
    assert.ok(
      choices.some(({ key }) => key === answer),
      `${answer} is offered: ${text}`,
    );
    return answer;
  };
  const typed = (check: ((line: string) => string | undefined) | undefined) => {
    for (;;) {
      const answer = next();
      const complaint = check?.(answer);
      if (complaint === undefined) return answer;
      said.push(complaint);
    }
  };
  const show = async ({ title, question }: Screen) => {
    titles.push(title);
    if (question.kind === "line") return typed(question.check);
    const answer = answers[0] === "<" && question.choices.some(({ key }) => key === "back") ? "back" : undefined;
    if (answer !== undefined) answers.shift();
    return answer ?? choose(question.choices, question.text);
  };
  const ask = {
    ...(isFull ? { show } : {}),
    menu: async (text: string, choices: readonly { key: string }[]) => choose(choices, text),
    line: async (text: string, options: { check?: (line: string) => string | undefined } = {}) => {
      prompts.push(text);
      return typed(options.check);
    },
  };
  const note = (text: string) => void said.push(text);
  const context = { ask, host: {}, reporter: { ...silentReporter, info: note, warn: note } };
  const wanted = await editByQuestions(context as unknown as RestoreContext, layout, edits, start);
  assert.equal(answers, []);
  return { wanted: wanted.map(({ do: what }) => what), said, titles, prompts };
}

test("on full screens Escape leads from each question back to the layout, and asks before changes are dropped", async () => {
  const { wanted, titles } = await edit(true, [
    ...["change", "<", "change", "/", "<", "change", "/", "type", "<", "change", "a further disk", "<", "load", "<"],
    ...["change", "/", "type", "xfs", "<", "<", "done"],
  ]);
  assert.equal(wanted, ["format"]);
  assert.equal(
    [...new Set(titles)],
    [
      ...["Change the layout", "Change the layout: what of it", "Change the layout: /", "Change the layout: /.type"],
      ...["Change the layout: A further disk", "Change the layout: from a file"],
    ],
  );
  assert.equal((await edit(true, ["change", "/", "type", "xfs", "<", "drop"])).wanted, []);
  // Nothing was changed: nothing is asked.
  assert.equal((await edit(true, ["<"], [editFromWord("root.type=xfs")])).wanted, ["format"]);
});

test("back gives the changes of before, whatever the editor began with", async () => {
  const start = ["root.type=vfat", "swap.remove=yes"].map(editFromWord);
  assert.equal((await edit(false, ["back", "drop"], [], start)).wanted, []);
  assert.equal((await edit(false, ["undo", "undo", "back"], [], start)).wanted, []);
});

test("by lines the tree is said once for each state, and a value that can't be had is asked for again", async () => {
  const { wanted, said } = await edit(false, ["change", "/", "size", "many", "rest", "done"]);
  assert.equal(wanted, ["resize"]);
  assert.is(said.filter((line) => /^\/dev\/vda .*GPT/.test(line)).length, 2);
  assert.ok(said.some((line) => /"many" is not a size/.test(line)));
});

test("by lines an empty line leads back from each name and value that is asked for, and the prompt says so", async () => {
  const { wanted, said, prompts } = await edit(false, [
    ...["change", "a further disk", "", "change", "a new group", " ", "change", "a further disk", "vdb", ""],
    ...["change", "/", "lvm", "no group", "", "change", "/", "type", "xfs", "done"],
  ]);
  assert.equal(wanted, ["format"]);
  assert.equal(
    prompts,
    [
      ...["Name of the new disk (sdb)", "Name of the new group (vg1)", "Name of the new disk (sdb)"],
      ...["Value of vdb.disk (like:DISK or SIZE)", "Value of /.lvm (GROUP/NAME[:SIZE])", "Value of /.type (TYPE)"],
    ].map((text) => `${text}, or Enter to go back`),
  );
  assert.ok(said.includes("Not a value yet. Expected: GROUP/NAME[:SIZE]"));
});

test("by lines an empty line is a value where it can be one: no label, no spares", async () => {
  const label = await edit(false, ["change", "/boot", "label", "", "done"]);
  assert.equal([label.wanted, label.prompts], [["label"], ["Value of /boot.label (LABEL)"]]);
  const spares = await edit(false, ["change", "/boot", "spares", "", "done"], [], [], machine("bios-md-lvm"));
  assert.equal([spares.wanted, spares.prompts], [["change-raid"], ["Value of /boot.spares (DEVICE+…)"]]);
});

test("a name under which nothing can be made is not taken", async () => {
  for (const isFull of [true, false]) {
    const { wanted, said } = await edit(isFull, [
      ...["change", "a further disk", ...(isFull ? ["", " "] : []), "SDB", "vd b", "vdb", "20g"],
      ...["change", "a new group", "snapshot1", "my group", "vg1", "vdb", "done"],
    ]);
    assert.equal(wanted, ["add-disk", "make-group"]);
    assert.is(said.filter((line) => line.startsWith("Please type small letters")).length, isFull ? 4 : 2);
    assert.is(said.filter((line) => line.startsWith("Please type letters, digits")).length, 2);
  }
});

test("by lines ^C ends the restore, as it does everywhere", async () => {
  const error = await edit(false, ["change", "<"]).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof MondoError && error.code === "cancelled");
});

test.run();
