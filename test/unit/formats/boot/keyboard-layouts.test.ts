import { test } from "uvu";
import * as assert from "uvu/assert";
import { type KeyboardLayout, keyboardLayouts, layoutNamed } from "../../../../src/formats/boot/keyboard-layouts.ts";

/** Keys by what they are on a keyboard of the US. Source: linux/input-event-codes.h. */
const KEYS = { q: 16, w: 17, y: 21, bracket: 26, a: 30, z: 44, m: 50, "0": 11, minus: 12, "2": 3, slash: 53 };

/** The character of a key with the modifiers of a table; letters (type 11) as what they are. */
function charOf(layout: KeyboardLayout | undefined, table: number, key: keyof typeof KEYS): string {
  const value = layout?.bindings.find((one) => one.table === table && one.key === KEYS[key])?.value ?? 0;
  const unicode = value ^ 0xf000;
  return value >= 0x1000 ? String.fromCodePoint(unicode) : String.fromCodePoint(value & 0xff);
}

test("layouts type what is printed on their keys", () => {
  const typed = (name: string, keys: readonly (readonly [number, keyof typeof KEYS])[]) =>
    keys.map(([table, key]) => charOf(layoutNamed(name), table, key)).join("");
  assert.is(
    typed("us", [
      [0, "q"],
      [0, "y"],
      [1, "2"],
      [0, "slash"],
    ]),
    "qy@/",
  );
  assert.is(
    typed("de", [
      [0, "y"],
      [0, "z"],
      [0, "minus"],
      [0, "bracket"],
      [2, "q"],
      [1, "2"],
    ]),
    'zyßü@"',
  );
  assert.is(
    typed("fr", [
      [0, "q"],
      [0, "a"],
      [0, "w"],
      [0, "2"],
      [1, "2"],
      [2, "0"],
    ]),
    "aqzé2@",
  );
  assert.is(
    typed("gb", [
      [1, "2"],
      [0, "y"],
    ]),
    '"y',
  );
  assert.is(
    typed("dvorak", [
      [0, "q"],
      [0, "z"],
    ]),
    "';",
  );
});

test("every layout knows all letters, digits and the signs of ASCII, and names no key twice", () => {
  for (const layout of keyboardLayouts()) {
    const chars = new Set(
      layout.bindings
        .filter(({ table }) => table < 4)
        .map(({ value }) => (value >> 8 === 0 || value >> 8 === 11 ? value & 0xff : 0)),
    );
    const missing = Array.from({ length: 95 }, (_, at) => at + 32).filter((code) => !chars.has(code));
    // Behind dead keys: ^ ` ~ " ' are typed with a blank after them.
    const signs = String.fromCharCode(...missing).replace(/["'^`~]/g, "");
    assert.is(signs, "", `${layout.name} lacks ${signs}`);
    assert.is(new Set(layout.bindings.map(({ table, key }) => `${table} ${key}`)).size, layout.bindings.length);
    assert.match(layout.called, /^[A-Z]\p{L}+/u);
  }
});

test("names of kbd mean the layout of the same country; others mean none", () => {
  const named = (name: string) => layoutNamed(name)?.name;
  assert.equal(
    [
      "de-latin1",
      "de-latin1-nodeadkeys",
      "fr-latin9",
      "uk",
      "sv-latin1",
      "fr_CH",
      "de_CH-latin1",
      "cz-qwertz",
      "DE",
    ].map(named),
    ["de", "de", "fr", "gb", "se", "ch-fr", "ch", "cz", "de"],
  );
  for (const name of ["", "-", "ru", "xx", "../de", "toString", "constructor", "__proto__"])
    assert.is(named(name), undefined, name);
});

test.run();
