import { test } from "uvu";
import * as assert from "uvu/assert";
import { type GateState, isKnown, newGate, shownCode, tryCode } from "../../../src/status/status-gate.ts";

const random = (seed: number) => Uint8Array.from({ length: 24 }, (_, at) => (seed + at) % 256);

test("a code serves once, and for one browser", () => {
  const gate = newGate(random(0));
  assert.is(shownCode(gate.code), "0123 4567");
  const first = tryCode(gate, " 0123 4567\t", 0, random(103));
  assert.match(first.session ?? "", /^[0-9a-f]{32}$/);
  assert.ok(isKnown(first.state, first.session ?? ""));
  assert.not.ok(isKnown(first.state, ""));
  assert.ok(first.isNewCode);
  assert.is.not(first.state.code, gate.code);
  const again = tryCode(first.state, gate.code, 0, random(50));
  assert.is(again.session, undefined);
  assert.ok(isKnown(again.state, first.session ?? ""), "a wrong code of another takes nothing away");
});

test("each wrong code makes the next wait longer, whatever it is, and ten of them change the code", () => {
  let state: GateState = newGate(random(0));
  let now = 0;
  const waits: number[] = [];
  for (let count = 0; count < 10; count++) {
    const { state: next, session, isNewCode } = tryCode(state, `${count}`, now, random(73));
    assert.is(session, undefined);
    assert.is(isNewCode, count === 9);
    waits.push(next.closedUntilMs - now);
    const early = tryCode(next, next.code, next.closedUntilMs - 1, random(9));
    assert.is(early.session, undefined);
    assert.match(early.complaint ?? "", /try again in/);
    now = next.closedUntilMs;
    state = next;
  }
  assert.equal(waits.slice(0, 6), [1000, 2000, 4000, 8000, 16_000, 30_000]);
  assert.is.not(state.code, newGate(random(0)).code);
  assert.ok(tryCode(state, state.code, now, random(9)).session);
});

test("what is no code at all is a wrong one", () => {
  for (const typed of ["", "0", "01234567890", "0123456é", "\u0000".repeat(8), "0123 456"]) {
    assert.is(tryCode(newGate(random(0)), typed, 0, random(1)).session, undefined);
  }
});

test.run();
