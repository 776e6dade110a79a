/**
 * What `less` does unless the person has told it otherwise: end with a short text, keep colours, leave the text on the
 * screen.
 */
const LESS = "FRX";

/**
 * The pager's command line: $MONDO_PAGER, else $PAGER, else the first one that is here; undefined: none is wanted or
 * there.
 */
function pagerCommand(): string | undefined {
  const wanted = process.env.MONDO_PAGER ?? process.env.PAGER;
  if (wanted !== undefined) return wanted === "" || wanted === "cat" ? undefined : wanted;
  return ["less", "more"].find((name) => Bun.which(name) !== null);
}

/**
 * Shows a text that is longer than the terminal in the person's pager and waits until it is left. False when it was not
 * shown: standard output is no terminal, the text is short enough, or there is no pager.
 */
export async function showPaged(text: string): Promise<boolean> {
  const { isTTY, rows = 24 } = process.stdout;
  if (!isTTY || process.env.TERM === "dumb" || text.split("\n").length <= rows) return false;
  const command = pagerCommand();
  if (command === undefined) return false;
  const child = Bun.spawn(["/bin/sh", "-c", command], {
    stdin: new TextEncoder().encode(text),
    stdout: "inherit",
    stderr: "inherit",
    env: { LESS, ...process.env },
  });
  return (await child.exited) !== 127;
}
