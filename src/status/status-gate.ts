/**
 * Who may see the page: whoever types the code that stands on the console. A code serves once, for one browser; each
 * wrong one makes the next try wait.
 */

import { msg } from "../base/message.ts";

/** Digits of a code: with the waits below, guessing one takes years. */
const DIGITS = 8;
/** The wait after a wrong code, doubled by each further one. */
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;
/** After so many wrong ones the code is replaced. */
const MOST_TRIES = 10;
const MOST_SESSIONS = 20;

/** What is known of codes and browsers. */
export interface GateState {
  readonly code: string;
  /** Cookies of browsers that gave a code, newest last. */
  readonly sessions: readonly string[];
  readonly wrong: number;
  /** Until when no code is looked at, in Unix milliseconds. */
  readonly closedUntilMs: number;
}

/** What came of a code: the session's cookie, or why there is none. */
export interface GateAnswer {
  readonly state: GateState;
  readonly session?: string;
  readonly complaint?: string;
  /** The console shall show the code again. */
  readonly isNewCode: boolean;
}

/** Eight digits of random bytes (at least 8 of them). */
export function codeOf(random: Uint8Array): string {
  return [...random.subarray(0, DIGITS)].map((byte) => byte % 10).join("");
}

/** `1234 5678`, as it is shown. */
export const shownCode = (code: string): string => `${code.slice(0, 4)} ${code.slice(4)}`;

/** A gate that nobody has passed. */
export const newGate = (random: Uint8Array): GateState => ({
  ...{ code: codeOf(random), sessions: [], wrong: 0, closedUntilMs: 0 },
});

/** Whether two texts are the same, in a time that says nothing of where they differ. */
function isSame(a: string, b: string): boolean {
  let differences = a.length ^ b.length;
  for (let at = 0; at < b.length; at++) differences |= (a.charCodeAt(at) || 0) ^ b.charCodeAt(at);
  return differences === 0;
}

/** Whether a cookie belongs to a browser that gave a code. */
export const isKnown = ({ sessions }: GateState, cookie: string): boolean =>
  sessions.some((session) => isSame(cookie, session));

/** Looks at a code that somebody typed. `random`: 24 or more random bytes. */
export function tryCode(state: GateState, typed: string, nowMs: number, random: Uint8Array): GateAnswer {
  if (nowMs < state.closedUntilMs) {
    const seconds = Math.ceil((state.closedUntilMs - nowMs) / 1000);
    return { state, complaint: msg`Too many wrong codes: try again in ${seconds} s.`, isNewCode: false };
  }
  if (isSame(typed.replaceAll(/\s/g, ""), state.code)) {
    const session = [...random.subarray(8, 24)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const sessions = [...state.sessions, session].slice(-MOST_SESSIONS);
    return { state: { ...newGate(random), sessions }, session, isNewCode: true };
  }
  const wrong = state.wrong + 1;
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (wrong - 1));
  const isNewCode = wrong % MOST_TRIES === 0;
  const code = isNewCode ? codeOf(random) : state.code;
  return {
    state: { ...state, code, wrong, closedUntilMs: nowMs + wait },
    complaint: msg`That is not the code on the console.`,
    isNewCode,
  };
}
