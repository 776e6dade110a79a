import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import type { Ask } from "../../../src/ui/ask.ts";
import { askInOrder, type Field } from "../../../src/ui/ask-in-order.ts";

interface Name {
  readonly first?: string;
  readonly second?: string;
  readonly third?: string;
}

const field = (key: keyof Name, when?: (name: Name) => boolean): Field<Name> => ({
  screen: (name) => ({ title: "", body: [], question: { kind: "line", text: key, initial: name[key] ?? "" } }),
  take: (name, answer) => ({ ...name, [key]: answer }),
  ...(when ? { when } : {}),
});

/** Answers in their order; `<` is Escape. */
function person(...answers: string[]): { ask: Ask; asked: string[] } {
  const asked: string[] = [];
  const refuse = () => Promise.reject(new Error("nothing else is asked"));
  const line: Ask["line"] = async (text) => {
    asked.push(text);
    const answer = answers.shift();
    if (answer === "<") throw new MondoError("cancelled", "back");
    return answer ?? "";
  };
  return { ask: { menu: refuse, confirm: refuse, line }, asked };
}

const fields = [field("first"), field("second", ({ first }) => first !== "alone"), field("third")];

test("askInOrder() asks what applies, and goes back over what doesn't", async () => {
  const { ask, asked } = person("alone", "<", "two", "b", "c");
  assert.equal(await askInOrder(ask, () => {}, {}, fields), { first: "two", second: "b", third: "c" });
  assert.equal(asked, ["first", "third", "first", "second", "third"]);
});

test("askInOrder() forgets what was answered after the question that one goes back to", async () => {
  const { ask } = person("a", "b", "<", "<", "alone", "c");
  assert.equal(await askInOrder(ask, () => {}, {}, fields), { first: "alone", third: "c" });
});

test("askInOrder() ends with nothing when one goes back from the first question", async () => {
  const { ask, asked } = person("a", "<", "<");
  assert.is(await askInOrder(ask, () => {}, {}, fields), undefined);
  assert.equal(asked, ["first", "second", "first"]);
});

test("askInOrder() passes on what is no way back", async () => {
  const ask: Ask = {
    ...person().ask,
    line: () => Promise.reject(new MondoError("system", "the terminal is gone")),
  };
  try {
    await askInOrder(ask, () => {}, {}, fields);
    assert.unreachable();
  } catch (error) {
    assert.match(String(error), /the terminal is gone/);
  }
});

test.run();
