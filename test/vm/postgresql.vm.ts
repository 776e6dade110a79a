import { existsSync } from "node:fs";
import { join } from "node:path";
import { inUml } from "../support/uml.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

const repository = join(import.meta.dirname, "../..");

/** See busy-postgresql.ts. */
interface Results {
  readonly snapshot: {
    changed: number;
    recovered: boolean;
    sums: string;
    amcheck: string;
    history: number;
    trouble?: string;
  };
  readonly live: object;
  readonly before: number;
  readonly after: number;
  readonly said: readonly string[];
}

function defectsOf({ snapshot, before, after, said }: Results): string[] {
  const { changed, recovered, sums, amcheck, history, trouble } = snapshot;
  return [
    ...(trouble === undefined ? [] : [trouble]),
    ...(changed === 0 ? [] : [`${changed} files changed while they were read`]),
    ...(recovered ? [] : ["the server did not find that it was not shut down"]),
    ...(/^-?\d+$/.test(sums) ? [] : [`the sums differ: ${sums}`]),
    ...(amcheck === "" ? [] : [amcheck]),
    ...(history >= before && history < after ? [] : [`${history} transactions, not between ${before} and ${after}`]),
    ...(said.some((text) => text.startsWith("Snapshots: /srv/pg (vgpg/pg, ")) ? [] : ["no snapshot was told of"]),
  ];
}

/** Needs the packages of .ci/packages-database. */
async function busyDatabase({ say }: ScenarioContext): Promise<void> {
  if (!existsSync("/usr/lib/postgresql")) throw new Error("PostgreSQL is missing: .ci/install database");
  const words = [process.execPath, "test/support/busy-postgresql.ts", "packages/examples/hooks.d/50-postgresql"];
  const output = await inUml(`cd ${repository}\n${words.join(" ")} 2>&1`, { memoryMiB: 1536, timeoutMs: 1_500_000 });
  const line = /^result (\{.*\})\r?$/m.exec(output)?.[1];
  if (line === undefined) throw new Error(output);
  say(line);
  const defects = defectsOf(JSON.parse(line) as Results);
  if (defects.length > 0) throw new Error(defects.join("; "));
}

export const scenarios: readonly Scenario[] = [
  {
    name: "busy-postgresql",
    says: "a database under load, read from a snapshot and restored: the server starts from it, sums and indexes fit",
    ci: false,
    run: busyDatabase,
  },
];
