import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "uvu";
import * as assert from "uvu/assert";
import { completedCommands } from "../../../src/commands/help/completed-command.ts";
import { completions } from "../../../src/commands/help/completion.ts";
import { commands } from "../../../src/commands/table.ts";
import { call } from "../../support/mondo.ts";

const work = mkdtempSync(join(tmpdir(), "completion-"));
for (const name of ["web 1.iso", "notes.txt", "DVD.ISO"]) writeFileSync(join(work, name), "");
mkdirSync(join(work, "folder"));
const scripts = completedCommands(commands.map(({ spec }) => spec));
for (const [shell, render] of Object.entries(completions)) {
  // zsh autoloads a completion by the name of its file.
  writeFileSync(join(work, shell === "zsh" ? "_mondo" : `mondo.${shell}`), render(scripts));
}
test.after(() => rmSync(work, { recursive: true, force: true }));

/** How each shell says what it would offer for a line that ends at the cursor; one candidate a line. */
const asks: Readonly<Record<string, (line: string) => readonly string[]>> = {
  bash(line) {
    const words = line.split(" ").map((word) => `'${word}'`);
    const script = `. ./mondo.bash; COMP_WORDS=(${words.join(" ")}); COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); _mondo
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    return ["bash", "-c", script];
  },
  fish: (line) => ["fish", "--no-config", "-c", `source mondo.fish; complete -C '${line}' | cut -f1`],
  zsh(line) {
    const start = `PS1=; fpath=(${work} $fpath); autoload -Uz compinit; compinit -u -D; zstyle ":completion:*" verbose no`;
    // The completed line echoes: what the shell lists comes behind it.
    const script = `zmodload zsh/zpty; zpty z zsh -f -i; zpty -w z '${start}; print REA""DY'
      zpty -r -m z text '*READY*'; zpty -n -w z '${line}'$'\\t'; text=; i=0
      while (( i++ < 12 )); do if zpty -r -t z part; then text+=$part; i=6; else sleep 0.1; fi; done
      zpty -d z; print -r -- $text`;
    return ["zsh", "-f", "-c", script];
  },
};

/** What a terminal shows, without the codes that move its cursor. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal codes
const plain = (text: string): string => text.replace(/\x1b(\[[?0-9;]*[a-zA-Z]|=|>)|\x07/g, "");

function offered(shell: string, line: string): readonly string[] {
  const { out } = call(asks[shell]?.(line) ?? [], work);
  return plain(out)
    .split(/[\r\n]+|\s{2,}/)
    .map((word) => word.trim().replaceAll("\\ ", " ").replace(/[/=]$/, ""))
    .map((word) => (word.startsWith(line) ? (word.split(" ").at(-1) ?? "") : word))
    .filter((word) => word !== "" && word !== line.trim());
}

for (const shell of Object.keys(completions)) {
  const cases = suite(`completion for ${shell}`);
  const missing = Bun.which(shell) === null;
  for (const [line, wanted, unwanted] of [
    ["mondo ", ["archive", "restore", "help"], ["notes.txt"]],
    ["mondo archive --co", ["--codec", "--content"], ["--dir"]],
    ["mondoarchive --resto", ["--restore-by-default"], ["--dir"]],
    ["mondo archive --codec ", ["zstd", "none"], ["folder"]],
    ["mondo help ", ["boot", "archive"], ["folder"]],
    ["mondo list ", ["web 1.iso", "DVD.ISO", "folder"], ["notes.txt"]],
    ["mondo archive --dir ", ["folder"], ["notes.txt"]],
    ["mondo completion ", ["bash", "zsh", "fish"], ["folder"]],
  ] as const) {
    (missing ? cases.skip : cases)(`offers ${wanted.join(", ")} behind "${line}"`, () => {
      const words = offered(shell, line);
      for (const word of wanted) assert.ok(words.includes(word), `${word} of ${words.join("|")}`);
      for (const word of unwanted) assert.not(words.includes(word), word);
    });
  }
  cases.run();
}

test.run();
