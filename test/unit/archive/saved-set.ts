import { mkdirSync, writeFileSync } from "node:fs";
import type { ArchiveRequest } from "../../../src/archive/save/archive-request.ts";
import { writeArchive } from "../../../src/archive/save/write-archive.ts";
import { encodeManifest, type Manifest } from "../../../src/archive/set/manifest.ts";
import { type OpenSet, openSet } from "../../../src/archive/set/open-set.ts";
import { parentRequest, parentsFrom } from "../../../src/archive/set/parent.ts";
import { silentReporter } from "../../../src/base/report.ts";
import { linuxHost } from "../../../src/host/linux.ts";

const HEAD: Pick<Manifest, "format" | "version" | "tool" | "host" | "layout" | "options"> = {
  ...{ format: "mondo-set", version: 1 },
  tool: { version: "1", commit: "c" },
  host: { name: "h", os: "o", kernel: "k", arch: "a" },
  layout: { version: 1, nodes: [] },
  options: { restoreByDefault: false, eject: true, excluded: [] },
};

/**
 * Saves a tree as a whole set in a new directory, building on another such set if one is given; `about`: what its
 * manifest says otherwise than those of all.
 */
export async function saveSet(
  root: string,
  directory: string,
  {
    parent,
    content = false,
    about = {},
    ...more
  }: Partial<Omit<ArchiveRequest, "parent">> & {
    parent?: OpenSet | undefined;
    content?: boolean;
    about?: Partial<Pick<Manifest, "created" | "host" | "prefix">>;
  } = {},
): Promise<OpenSet & { readonly storedBytes: number }> {
  mkdirSync(directory);
  const created = Math.floor(Date.now() / 1000);
  const known = parent && parentRequest(parent.manifest, `${parent.directory}/catalog.mcat.zst`, content);
  const { storedBytes, removed, ...result } = await writeArchive(
    {
      ...{ root, directory, scope: { include: ["/"], exclude: [], mounts: ["/"] }, level: 1, threads: 2, ...more },
      ...(known ? { parent: known } : {}),
    },
    silentReporter,
  );
  const manifest: Manifest = {
    ...HEAD,
    ...result,
    volumes: [...result.volumes],
    problems: [...result.problems],
    set: crypto.randomUUID(),
    created,
    prefix: "p",
    level: parent ? (parent.manifest.level ?? 0) + 1 : 0,
    ...(parent ? { parents: parentsFrom(parent.manifest) } : {}),
    ...(removed ? { removed } : {}),
    ...about,
  };
  writeFileSync(`${directory}/manifest.json`, encodeManifest(manifest));
  return { ...openSet(linuxHost(), directory), storedBytes };
}
