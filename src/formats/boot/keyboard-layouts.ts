import list from "../../../initrd/keyboards.list" with { type: "text" };
import { msg } from "../../base/message.ts";
import type { KeyBinding } from "./key-tables.ts";

/** What the keys of a keyboard mean in a country. */
export interface KeyboardLayout {
  /** As vconsole.conf and XKB call it: `de`, `ch-fr`. */
  readonly name: string;
  /** What people call it. */
  readonly called: string;
  /** As KDSKBENT takes them, whatever the layout before was. */
  readonly bindings: readonly KeyBinding[];
}

/** Names that kbd and others have for the same. Source: the keymaps of kbd, vconsole.conf(5). */
const OTHER_NAMES = new Map(
  Object.entries({
    uk: "gb",
    sv: "se",
    sg: "ch",
    fr_ch: "ch-fr",
    "fr_ch-latin1": "ch-fr",
    "de_ch-latin1": "ch",
    cf: "ca",
    la: "latam",
    jp106: "jp",
    "us-dvorak": "dvorak",
    bepo: "fr-bepo",
    "fr-bepo-latin9": "fr-bepo",
    "cz-qwertz": "cz",
    "cz-us-qwertz": "cz",
    slovene: "si",
    croat: "hr",
    trq: "tr",
    et: "ee",
    pl2: "pl",
    it2: "it",
    hu101: "hu",
  }),
);

/** What people call them; the list has it in English. */
const CALLED: Readonly<Record<string, string>> = {
  us: msg`English (US)`,
  gb: msg`English (UK)`,
  be: msg`Belgian`,
  br: msg`Portuguese (Brazil)`,
  ca: msg`French (Canada)`,
  ch: msg`German (Switzerland)`,
  "ch-fr": msg`French (Switzerland)`,
  cz: msg`Czech`,
  "cz-qwerty": msg`Czech (QWERTY)`,
  de: msg`German`,
  "de-nodeadkeys": msg`German (no dead keys)`,
  dk: msg`Danish`,
  dvorak: msg`English (Dvorak)`,
  ee: msg`Estonian`,
  es: msg`Spanish`,
  fi: msg`Finnish`,
  fr: msg`French`,
  "fr-bepo": msg`French (BÉPO)`,
  hr: msg`Croatian`,
  hu: msg`Hungarian`,
  is: msg`Icelandic`,
  it: msg`Italian`,
  jp: msg`Japanese`,
  latam: msg`Spanish (Latin America)`,
  lt: msg`Lithuanian`,
  lv: msg`Latvian`,
  nl: msg`Dutch`,
  no: msg`Norwegian`,
  pl: msg`Polish`,
  pt: msg`Portuguese`,
  ro: msg`Romanian`,
  se: msg`Swedish`,
  si: msg`Slovenian`,
  sk: msg`Slovak`,
  tr: msg`Turkish`,
};

function bindingsIn(rows: readonly string[]): KeyBinding[] {
  return rows.flatMap((row) => {
    const [table = "", key = "", ...values] = row.split(" ");
    return values.map((value, at) => ({
      table: Number(table),
      key: Number(key) + at,
      value: Number.parseInt(value, 16),
    }));
  });
}

/** Each layout is written down as what differs from the first one, that of the US. */
function readLayouts(): readonly KeyboardLayout[] {
  const placeOf = ({ table, key }: KeyBinding) => `${table} ${key}`;
  const sections = list.split(/^= /m).slice(1);
  let base = new Map<string, KeyBinding>();
  return sections.map((section) => {
    const [head = "", ...rows] = section.trimEnd().split("\n");
    const name = head.split(" ", 1)[0] ?? "";
    const bindings = new Map(base);
    for (const one of bindingsIn(rows)) bindings.set(placeOf(one), one);
    if (base.size === 0) base = bindings;
    return { name, called: CALLED[name] ?? head.slice(name.length + 1), bindings: [...bindings.values()] };
  });
}

let known: readonly KeyboardLayout[] | undefined;

/** Every layout that this program brings along, that of the US first. */
export function keyboardLayouts(): readonly KeyboardLayout[] {
  known ??= readLayouts();
  return known;
}

/** Variants that move no letter or digit; others, as `neo` or `colemak`, would make another pass phrase of one. */
const LETTERS_STAY =
  /^(latin\d+|(no|sun)?deadkeys|dead\w+|intl|alt(gr)?|euro\d?|oss|legacy|winkeys|utf8|(pc)?10[1-6])$/;

/** The layout that a name of XKB or kbd means: `de`, `de-latin1`, `uk`; undefined for one that is not brought along. */
export function layoutNamed(text: string): KeyboardLayout | undefined {
  const name = text.toLowerCase();
  const wanted = OTHER_NAMES.get(name) ?? name;
  const [language = "", ...variant] = wanted.split(/[-_]/);
  const find = (one: string) => keyboardLayouts().find((layout) => layout.name === one);
  return (
    find(wanted) ??
    (variant.every((part) => LETTERS_STAY.test(part)) ? find(OTHER_NAMES.get(language) ?? language) : undefined)
  );
}
