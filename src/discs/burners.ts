import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import { driveState } from "../host/optical.ts";

const NAME = /^sr\d+$/;

/** Drives of this machine that can write, by what the kernel says; where it says so of none, all of them. Pure. */
export function burnersIn(cdromInfo: string): readonly string[] {
  const rows = cdromInfo.split("\n").map((line) => line.split(/:|\t+/).map((cell) => cell.trim()));
  const row = (title: string) => rows.find(([first]) => first === title)?.filter((cell) => cell !== "") ?? [];
  const [, ...names] = row("drive name");
  const writes = ["Can write CD-R", "Can write CD-RW", "Can write DVD-R", "Can write DVD-RAM", "Can write RAM"];
  const known = names.filter((name) => NAME.test(name));
  const able = known.filter((name) => writes.some((title) => row(title)[names.indexOf(name) + 1] === "1"));
  return (able.length === 0 ? known : able).map((name) => `/dev/${name}`);
}

/** The drive that was named, or the only one. Throws one sentence where it is none. */
export function requireBurner(host: Host, named: string | undefined): string {
  if (named !== undefined) {
    const kind = host.stat(named)?.kind;
    if (kind === "block" && driveState(named) !== "unknown") return named;
    const what = kind === undefined ? msg`does not exist` : msg`is no CD, DVD or BD drive`;
    throw new MondoError("not-found", `${named} ${what}`, { hint: msg`Name the drive with -d, such as /dev/sr0.` });
  }
  const [only, ...others] = burnersIn(host.tryReadText("/proc/sys/dev/cdrom/info") ?? "");
  if (only === undefined) {
    throw new MondoError("not-found", msg`this machine has no drive that writes discs`, {
      hint: msg`Connect one and load the module sr_mod, or write ISO files (-i -d DIR).`,
    });
  }
  if (others.length === 0) return only;
  throw new MondoError("usage", msg`several drives may write discs: ${[only, ...others].join(", ")}`, {
    hint: msg`Name one with -d.`,
  });
}

/** What writes discs is there. Throws `tool-missing`. */
export function requireBurnTool(host: Host): void {
  if (host.which("xorriso") !== undefined) return;
  throw new MondoError("tool-missing", msg`xorriso is not installed: it writes discs`, {
    hint: msg`Install the package xorriso.`,
  });
}
