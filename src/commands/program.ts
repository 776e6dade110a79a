import { commit, version } from "../base/version.ts";

/** Chooses the command by the name we were called with, else by the first word; returns the exit status. */
export async function runProgram(_calledAs: string, words: readonly string[]): Promise<number> {
  if (words[0] === "--version") process.stdout.write(`mondo ${version} (commit ${commit}, Bun ${Bun.version})\n`);
  return 0;
}
