import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseKeyBindings, parseKeyTables, showKeyBindings } from "../../../../src/formats/boot/key-tables.ts";

/** As kbd 2.5.1 writes it for keys of a German layout, cut short; older ones write `u_short` and `NULL`. */
const source = `
unsigned short plain_map[NR_KEYS] = {
	0xf200,	0xf01b,	0xf07a,	0xf0f6,
};

static unsigned short altgr_map[NR_KEYS] = {
	0xf200,	0xf200,	0xd0ac,	0xf200,
};

unsigned short *key_maps[MAX_NR_KEYMAPS] = {
	plain_map, 0, altgr_map,	0
};
`;

test("parseKeyTables() gives each key's meaning in each table, but no key that has none", () => {
  const bindings = [
    { table: 0, key: 1, value: 0x1b },
    { table: 0, key: 2, value: 0x7a },
    { table: 0, key: 3, value: 0xf6 },
    { table: 2, key: 2, value: 0x20ac },
  ];
  assert.equal(parseKeyTables(source), bindings);
  const older = source.replaceAll("unsigned short", "u_short").replaceAll(", 0", ", NULL").replace("\t0\n", "\tNULL\n");
  assert.equal(parseKeyTables(older), bindings);
  assert.equal(parseKeyBindings(showKeyBindings(bindings)), bindings);
});

test("parseKeyTables() and parseKeyBindings() find nothing in something else", () => {
  assert.equal(parseKeyTables("loadkeys: usage"), []);
  assert.equal(parseKeyBindings("1 2\nx 1 2 3\n-1 2 3\n"), []);
});

test.run();
