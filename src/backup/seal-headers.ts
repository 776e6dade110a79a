import { seal } from "../archive/set/seal.ts";
import type { VolumeInfo } from "../archive/set-files.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import type { Secret } from "../base/secret.ts";
import { sha256 } from "../host/compress.ts";
import type { Host } from "../host/host.ts";
import { type Layout, type LayoutNode, type Luks, nodeById, nodesOf } from "../layout/types.ts";

/** In memory: a header on a disk in clear is what an attacker with the disk has to have. */
const WORK = "/run/mondo/luks-backup";

/** A layout whose encrypted volumes name their sealed headers, and these. */
export interface SealedHeaders {
  readonly layout: Layout;
  readonly headers: readonly VolumeInfo[];
}

/** Most that the sealed headers can take: what lies before the data, and a little more for each 64 KiB of it. */
export function headerBytesOf(layout: Layout): number {
  return nodesOf(layout, "luks").reduce((sum, luks) => sum + Math.ceil(luks.dataOffsetBytes * 1.001) + 4096, 0);
}

async function readHeader(host: Host, device: string, { uuid }: Luks): Promise<Uint8Array> {
  const file = `${WORK}/${uuid}.header`;
  host.makeDirectory(WORK, 0o700);
  host.remove(file);
  try {
    const argv = ["cryptsetup", "luksHeaderBackup", "--batch-mode", `--header-backup-file=${file}`, device];
    await host.run({ argv, timeoutMs: 120_000 });
    return host.read(file);
  } finally {
    host.remove(WORK);
  }
}

async function sealOne(host: Host, layout: Layout, luks: Luks, phrase: Secret, directory: string): Promise<VolumeInfo> {
  const below = nodeById(layout, luks.on);
  if (!below || !("path" in below)) throw new MondoError("bug", msg`${luks.id} lies on nothing`);
  const sealed = await seal(await readHeader(host, below.path, luks), phrase);
  const name = `luks-${luks.uuid}.header.age`;
  host.write(`${directory}/${name}`, sealed, 0o600);
  return { name, sizeBytes: sealed.byteLength, sha256: sha256(sealed) };
}

/**
 * Writes the header of each LUKS volume, with all key slots, into the set's directory, encrypted to a pass phrase.
 * Without one the layout stays as it is: a restore makes the volumes with new keys.
 */
export async function sealHeaders(
  host: Host,
  layout: Layout,
  phrase: Secret | undefined,
  directory: string,
  reporter: Reporter,
): Promise<SealedHeaders> {
  const headers: VolumeInfo[] = [];
  const nodes: LayoutNode[] = [];
  for (const node of layout.nodes) {
    if (node.kind !== "luks" || !phrase) {
      nodes.push(node);
      continue;
    }
    reporter.step(msg`Encrypting the header of ${node.path}`);
    const header = await sealOne(host, layout, node, phrase, directory);
    headers.push(header);
    nodes.push({ ...node, header: header.name });
  }
  return { layout: { version: 1, nodes }, headers };
}
