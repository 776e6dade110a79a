import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import { newStatusPage, parsePort } from "../status/open-status-page.ts";
import { teeReporter } from "../ui/reporters.ts";
import type { CommandContext } from "./command.ts";
import type { OptionSpec } from "./spec.ts";

/** `--status-page`, of commands that work long. */
export const statusPageOption: OptionSpec = {
  long: "status-page",
  value: "PORT",
  help: msg`show how the work goes in a browser: https://ADDRESS:PORT/ for whoever types the code that is shown at the start; nothing can be changed there`,
};

/** Also with problems, which are among the warnings; differences are not what anybody calls done. */
export const isDone = (status: number): boolean => status === 0 || status === 3;

/**
 * Does work with a status page beside it, where the option asks for one. The page stays until the browsers that look on
 * have seen the end, at most 15 s. Throws `usage` for a port that is none.
 */
export async function withStatusPage(
  { host, words, reporter: shown }: CommandContext,
  title: string,
  reporter: Reporter,
  work: (reporter: Reporter) => Promise<number>,
): Promise<number> {
  const text = words.values.get("status-page");
  if (text === undefined) return work(reporter);
  const port = parsePort(text);
  if (port === undefined) {
    throw new MondoError("usage", msg`--status-page ${text} is no port`, { hint: msg`Give a number from 1 to 65535.` });
  }
  const page = newStatusPage(host, port);
  page.serve(shown);
  page.begin(title);
  let isCut = false;
  try {
    const status = await work(teeReporter([reporter, page.reporter]));
    page.end(isDone(status) ? "done" : "failed", msg`Ended with exit status ${status}`);
    return status;
  } catch (error) {
    isCut = error instanceof MondoError && error.code === "cancelled";
    page.end("failed", messageOf(error));
    throw error;
  } finally {
    if (!isCut) await page.finish();
    page.close();
  }
}
