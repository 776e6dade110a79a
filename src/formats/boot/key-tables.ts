/** What one key does together with the modifiers of a table; `value` as KDSKBENT takes it. Source: linux/kd.h. */
export interface KeyBinding {
  readonly table: number;
  readonly key: number;
  readonly value: number;
}

/** "No meaning": a layout that leaves a key out doesn't take its meaning away. Source: linux/keyboard.h, K_HOLE. */
const HOLE = 0x200;
/** The kernel's tables hold values like this. Source: drivers/tty/vt/keyboard.c, U(). */
const MASK = 0xf000;

/** Bindings of the C source that `loadkeys --mktable` writes: arrays of values, and their order. */
export function parseKeyTables(source: string): KeyBinding[] {
  const arrays = new Map(
    [...source.matchAll(/\b(\w+)\[NR_KEYS\] = \{([^}]*)\}/g)].map(([, name = "", body = ""]) => [name, body]),
  );
  const [, order = ""] = /\bkey_maps\[MAX_NR_KEYMAPS\] = \{([^}]*)\}/.exec(source) ?? [];
  return order.split(",").flatMap((word, table) => {
    const values = (arrays.get(word.trim()) ?? "").match(/0x[0-9a-f]+/gi) ?? [];
    return values
      .map((value, key) => ({ table, key, value: Number(value) ^ MASK }))
      .filter(({ value }) => value !== HOLE);
  });
}

/** One line of three numbers for each. */
export function showKeyBindings(bindings: readonly KeyBinding[]): string {
  return bindings.map(({ table, key, value }) => `${table} ${key} ${value}\n`).join("");
}

/** The lines of `showKeyBindings`; others are left out. */
export function parseKeyBindings(text: string): KeyBinding[] {
  return [...text.matchAll(/^(\d{1,3}) (\d{1,3}) (\d{1,5})$/gm)].map(([, table, key, value]) => ({
    table: Number(table),
    key: Number(key),
    value: Number(value),
  }));
}
