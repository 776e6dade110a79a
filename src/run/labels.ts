import { type ByteString, byteStringToBytes, displayBytes, textOfBytes, toByteString } from "../base/bytes.ts";
import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import { LabelledTree } from "../host/labelled-tree.ts";
import { openChroot } from "./chroot.ts";
import { resolveBelow } from "./resolve-below.ts";

const CONFIG = "/etc/selinux/config";
/** As many paths as surely fit on a command line. */
const BATCH = 200;

/** What was labelled, and what could not be. */
export interface Labelling {
  readonly labelled: number;
  readonly defects: readonly string[];
}

/** The policy that a system starts with; undefined where it has SELinux switched off, or none. Pure. */
export function policyIn(config: string | undefined): string | undefined {
  const setting = (name: string) => new RegExp(`^\\s*${name}\\s*=\\s*([\\w.-]+)`, "m").exec(config ?? "")?.[1];
  const mode = setting("SELINUX");
  return mode === "enforcing" || mode === "permissive" ? (setting("SELINUXTYPE") ?? "targeted") : undefined;
}

/** What the restored system's policy says of paths; undefined where it is silent. Throws `tool-failed`. */
export async function policyLabels(
  host: Pick<Host, "run">,
  root: string,
  policy: string,
  paths: readonly string[],
): Promise<readonly (string | undefined)[]> {
  const contexts = `/etc/selinux/${policy}/contexts/files/file_contexts`;
  const ask = async (asked: readonly string[]): Promise<readonly string[]> => {
    const argv = ["matchpathcon", "-N", "-n", "-f", contexts, ...asked];
    const { code, stdout, stderr } = await host.run({ argv, chroot: root, accept: "any", timeoutMs: 300_000 });
    const lines = stdout.split("\n").filter((line) => line !== "");
    if (lines.length === asked.length) return lines;
    // 126 and 127 are those of chroot: there is nobody to ask.
    const isOne = asked.length === 1;
    if (code === 126 || code === 127 || (isOne && code !== 0)) {
      throw new MondoError(
        "tool-failed",
        msg`matchpathcon in the restored system: ${stderr.trim() || msg`status ${code}`}`,
      );
    }
    if (isOne) return [""];
    // One line for each, or it can't be told which is whose.
    const found: string[] = [];
    for (const path of asked) found.push(...(await ask([path])));
    return found;
  };
  const found: string[] = [];
  for (let at = 0; at < paths.length; at += BATCH) found.push(...(await ask(paths.slice(at, at + BATCH))));
  return found.map((label) => (/^\w+:\w+:\w+(:\S+)?$/.test(label) ? label : undefined));
}

const parentOf = (path: ByteString) => path.slice(0, Math.max(0, path.lastIndexOf("/"))) as ByteString;

/** Labels what lacks one in the file system that is mounted at `path` of the restored system. */
async function labelTree(
  { host, root, log }: LabelContext,
  policy: string,
  tree: LabelledTree,
  path: string,
): Promise<Labelling> {
  const top = tree.labelOf();
  // FAT has no labels; and what had none when it was saved gets none.
  const places = top === undefined ? [] : tree.unlabelled();
  if (places.length === 0) return { labelled: 0, defects: [] };
  const prefix = path === "/" ? "/" : `${path}/`;
  const names = places.map((place) => `${prefix}${textOfBytes(byteStringToBytes(place))}`);
  const defects: string[] = [];
  const ofPolicy = await policyLabels(host, root, policy, names).catch((error: unknown) => {
    const which = msg`${names.length} files below ${path} have the SELinux labels of their directories`;
    defects.push(msg`${which}, as nobody knows theirs (${messageOf(error)}): run restorecon -R ${path}`);
    return [];
  });
  let labelled = 0;
  for (const [index, place] of places.entries()) {
    const above = parentOf(place);
    // What the kernel does when a file is made, where the policy says nothing else.
    const label = ofPolicy[index] ?? (above === "" ? top : tree.labelOf(above));
    const shown = displayBytes(toByteString(names[index] ?? ""));
    if (label !== undefined && tree.setLabel(place, label)) {
      labelled += 1;
      log(`labelled ${shown} ${label}`);
    } else defects.push(msg`${shown} has no SELinux label: run restorecon on it in the restored system`);
  }
  return { labelled, defects };
}

/** The restored system, which is mounted at `root`. */
export interface LabelContext {
  readonly host: Host;
  readonly root: string;
  readonly log: (text: string) => void;
}

/**
 * Gives labels to what a restore has made itself in a system with SELinux: a program that is confined could not read
 * it, and an enforcing system may not start. What has a label keeps it. `mounts` are the system's mount points.
 */
export async function labelWhatIsNew(context: LabelContext, mounts: readonly string[]): Promise<Labelling> {
  const { host, root } = context;
  const config = resolveBelow(host, root, `${root}${CONFIG}`);
  const policy = policyIn(host.tryReadText(config));
  if (policy === undefined) return { labelled: 0, defects: [] };
  openChroot(host, root);
  let labelled = 0;
  const defects: string[] = [];
  for (const path of mounts) {
    const at = resolveBelow(host, root, path === "/" ? root : `${root}${path}`);
    // So that directories below mounts are seen, too.
    const clone = host.cloneTree(at);
    const tree = new LabelledTree(clone?.path ?? at);
    try {
      const found = await labelTree(context, policy, tree, path);
      labelled += found.labelled;
      defects.push(...found.defects);
    } finally {
      tree.close();
      clone?.close();
    }
  }
  return { labelled, defects };
}
