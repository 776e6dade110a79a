import { compareTree } from "../archive/compare/compare-tree.ts";
import type { Choice } from "../archive/entry.ts";
import { isByRule } from "../archive/extract/place-problems.ts";
import { messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Secrets } from "../base/secret.ts";
import { formatBytes } from "../base/units.ts";
import { lenientMountsOf } from "../drivers/fs/lenient-mounts.ts";
import { hiddenPlaces } from "../layout/hidden-places.ts";
import { keptEntries } from "../layout/keep/kept-entries.ts";
import type { KeptDisk, Plan } from "../plan/restore-plan.ts";
import { unmountTree } from "../run/chroot.ts";
import type { KeptDisks } from "../run/kept-disks.ts";
import type { RestoreContext } from "./context.ts";
import { catalogOf, requireVolumes, takeOut } from "./files/take-out.ts";
import { gatheredKeys } from "./give-key.ts";
import { filesWanted, KEPT_ROOT, partWithFiles } from "./kept-files.ts";
import { workerThreads } from "./memory.ts";
import { mountSystem, requireOnDisksOf } from "./mount-system.ts";
import type { RestoreFindings } from "./restore-report.ts";

/** What is there already: the disks, closed and watched so far, and what opens the volumes on them. */
interface AtHand {
  readonly kept: KeptDisks;
  readonly secrets: Secrets;
}

const pathsOf = (disks: readonly KeptDisk[]) => disks.map(({ path }) => path);

async function mountAndBring(
  context: RestoreContext,
  plan: Plan,
  { kept, secrets }: AtHand,
  findings: RestoreFindings,
): Promise<void> {
  const { host, manifest } = context;
  const { layout } = manifest;
  const files = filesWanted(plan);
  const isTheirs = keptEntries(layout, { mounts: files, images: [] });
  const select: Choice = ({ path }) => isTheirs(path);
  requireVolumes(context, select);
  const part = partWithFiles(layout, plan);
  const disks = (plan.kept?.disks ?? []).filter(({ node }) => part.nodes.some(({ id }) => id === node));
  kept.handOver(pathsOf(disks));
  const mounting = { layout: part, requirePlace: requireOnDisksOf(host, { disks }), give: gatheredKeys(secrets) };
  await mountSystem({ ...context, root: KEPT_ROOT }, mounting);
  try {
    await bring(context, select, files, findings);
  } finally {
    await unmountTree(host, KEPT_ROOT).catch((error: unknown) => {
      findings.failures = [...findings.failures, messageOf(error)];
    });
  }
}

async function bring(
  context: RestoreContext,
  select: Choice,
  files: readonly string[],
  findings: RestoreFindings,
): Promise<void> {
  const { host, manifest, reporter } = context;
  const hidden = hiddenPlaces(manifest.layout).filter(({ under }) => files.includes(under));
  const taken = await takeOut(context, { select, overwrite: "always", root: KEPT_ROOT, hidden });
  findings.problems = [...findings.problems, ...taken.problems.filter((problem) => !isByRule(problem))];
  findings.entries += taken.entries;
  findings.damagedFiles += taken.damagedFiles;
  findings.elsewhere = [...findings.elsewhere, ...taken.elsewhere];
  const size = formatBytes(taken.bytes);
  const where = files.join(", ");
  reporter.info(
    taken.entries === 1
      ? msg`1 entry, ${size} is restored into ${where}`
      : msg`${taken.entries} entries, ${size} are restored into ${where}`,
  );
  reporter.step(msg`Comparing the restored files with the backup`);
  // Compare what is on the disks, not what is still in memory.
  host.sync();
  host.poke("/proc/sys/vm/drop_caches", "3\n");
  const places = { root: KEPT_ROOT, hidden, lenientMounts: lenientMountsOf(manifest.layout) };
  const skip: Choice = (entry) => !select(entry);
  const request = { catalog: catalogOf(context), content: true, skip, threads: workerThreads(host), ...places };
  findings.differences = [...findings.differences, ...(await compareTree(request, reporter))];
}

/** What the report of a restore says until the files are brought: a power cut must not pass over them in silence. */
export const filesPending = (plan: Plan): readonly string[] => {
  const files = filesWanted(plan);
  if (files.length === 0) return [];
  return [
    msg`The files of the backup were still to be restored into ${files.join(", ")}, which was kept, when this was written: if nothing newer says that they are, do it with mondo restore --files`,
  ];
};

/**
 * Restores the set's files into those file systems on kept disks that are to have them, by the rules for single files:
 * what exists is replaced, and nothing is removed. Then they are compared with the backup. Only these file systems are
 * mounted, and only what they lie on is started; all other kept disks stay closed. What goes wrong is a finding.
 */
export async function bringKeptFiles(
  context: RestoreContext,
  plan: Plan,
  atHand: AtHand,
  findings: RestoreFindings,
): Promise<void> {
  const files = filesWanted(plan);
  if (files.length === 0) return;
  const where = files.join(", ");
  context.reporter.step(msg`Restoring the backup's files into ${where}, which was kept`);
  try {
    await mountAndBring(context, plan, atHand, findings);
  } catch (error) {
    findings.failures = [
      ...findings.failures,
      msg`The files in ${where}, which was kept, are not brought to the state of the backup: ${messageOf(error)}`,
    ];
  }
}
