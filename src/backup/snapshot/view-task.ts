import * as v from "valibot";
import type { Host } from "../../host/host.ts";
import { answerLines } from "../../host/line-child.ts";
import { leaveMounts } from "../../host/own-mounts.ts";
import { VIEW_HOME, type ViewStep } from "./view-plan.ts";

/** First word of this program when it is started as the child whose mounts show the machine as it was. */
export const VIEW_TASK = "view-task";

const path = v.pipe(v.string(), v.startsWith("/"));
const step = v.variant("do", [
  v.object({
    do: v.literal("mount"),
    source: v.string(),
    target: path,
    type: v.string(),
    data: v.exactOptional(v.string()),
  }),
  v.object({ do: v.literal("bind"), source: path, target: path, isNeeded: v.boolean() }),
]);
const question = v.object({ steps: v.array(step) });

/** What the child is asked. */
export interface ViewQuestion {
  readonly steps: readonly ViewStep[];
}

/** Nothing that is read here is run, or written to. */
const SAFE = ["noSuid", "noDev", "noExec"] as const;

function bind(host: Host, source: string, target: string, isNeeded: boolean): void {
  try {
    host.mount({ source, target, type: "none", flags: ["bind"] });
  } catch (error) {
    if (isNeeded) throw error;
    // Nobody wants its files: only that something is mounted there must be seen.
    host.mount({ source: "none", target, type: "tmpfs", data: "size=4k,mode=755" });
  }
  // What others mount there from now on is not part of it.
  host.mount({ source: "none", target, type: "none", flags: ["private"] });
}

/** Mounts of the tree have their directories in what is mounted already. */
function take(host: Host, one: ViewStep): void {
  if (!one.target.startsWith(`${VIEW_HOME}/tree/`)) host.makeDirectory(one.target, 0o700);
  if (one.do === "bind") bind(host, one.source, one.target, one.isNeeded);
  else {
    const { source, target, type, data } = one;
    // The top level of a btrfs is written to: snapshots are made in it.
    const isTop = target.startsWith(`${VIEW_HOME}/tops/`);
    const flags = [...SAFE, "noAtime", ...(isTop ? [] : (["readOnly"] as const))] as const;
    host.mount({ source, target, type, flags, ...(data ? { data } : {}) });
  }
}

/** The child's work: mounts what it is asked to, where only those who hold its mounts see it. */
export async function runViewTask(host: Host): Promise<void> {
  host.makeDirectory(VIEW_HOME, 0o700);
  leaveMounts();
  host.mount({ source: "none", target: VIEW_HOME, type: "tmpfs", flags: [...SAFE], data: "mode=700,size=1m" });
  host.mount({ source: "none", target: VIEW_HOME, type: "none", flags: ["private"] });
  await answerLines((asked) => {
    for (const one of v.parse(question, asked).steps) take(host, one);
    return {};
  });
}
