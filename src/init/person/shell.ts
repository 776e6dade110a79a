import { MondoError } from "../../base/errors.ts";
import { bootLanguage } from "../../base/language.ts";
import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import { spawnSession } from "../../host/spawn.ts";

const SHELLS = ["/bin/bash", "/usr/bin/bash", "/bin/sh", "/usr/bin/sh"];

/** Waits for a child of `spawnSession` and returns its wait status. PID 1 and the worker do this differently. */
export type WaitForChild = (pid: number) => Promise<number>;

/** What a console is, for TERM: the screen of the machine, or what people expect at the other end of a line. */
export const terminalKind = (terminal: string): "linux" | "vt220" =>
  /^\/dev\/tty\d+$/.test(terminal) ? "linux" : "vt220";

/** The environment of everything that is started for a person. */
export function personEnvironment(host: Host, terminal: string): Record<string, string> {
  const utf8 = host.exists("/usr/lib/locale/C.utf8") ? { LC_ALL: "C.UTF-8" } : {};
  return {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOME: "/root",
    TERM: terminalKind(terminal),
    ...utf8,
    ...bootLanguage(host.env),
    SHELL: "/bin/bash",
    PS1: "rescue:\\w# ",
    HISTFILE: "/run/mondo/history",
  };
}

/**
 * Runs an interactive shell on a terminal, which becomes its controlling terminal: ^C, ^Z and job control work. Returns
 * the wait status when the shell ends.
 */
export async function runShell(host: Host, terminal: string, wait: WaitForChild): Promise<number> {
  const path = SHELLS.find((candidate) => host.exists(candidate));
  if (path === undefined) {
    throw new MondoError("tool-missing", msg`there is no shell in this rescue image`, { data: { looked: SHELLS } });
  }
  const pid = spawnSession({
    path,
    argv: [path, "-i"],
    env: personEnvironment(host, terminal),
    cwd: host.exists("/root") ? "/root" : "/",
    terminal,
  });
  return wait(pid);
}
