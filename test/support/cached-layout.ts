import type { Disk, Layout, LayoutNode } from "../../src/layout/types.ts";

const MIB = 1 << 20;
const GIB = 1 << 30;
const EXTENT = 4 * MIB;

/** A disk without anything on it. */
export const diskOf = (name: string, sizeBytes: number, serial?: string): Disk => ({
  kind: "disk",
  id: `disk:${name}`,
  path: `/dev/${name}`,
  sizeBytes,
  logicalSectorBytes: 512,
  physicalSectorBytes: 512,
  rotational: false,
  removable: false,
  ...(serial === undefined ? {} : { serial }),
});
const volume = (name: string, status: string, extents: number, segment: string) =>
  `${name} {\nid = "id-${name}"\nstatus = [${status}]\nsegment_count = 1\nsegment1 {\nstart_extent = 0\nextent_count = ${extents}\n${segment}\n}\n}\n`;
const hidden = (name: string, on: string, from: number, extents: number) =>
  volume(name, '"READ"', extents, `type = "striped"\nstripe_count = 1\nstripes = ["${on}", ${from}]`);
const physical = (key: string, extents: number) =>
  `${key} {\nid = "id-${key}"\ndev_size = ${((extents + 1) * EXTENT) / 512}\npe_start = 2048\npe_count = ${extents}\n}\n`;

/** 8 GiB on sda, of which 6 are a cached volume; 2 GiB on sdb, of which 1 is its cache. `more` is on sdb, too. */
export function cachedLayout(...more: readonly LayoutNode[]): Layout {
  const metadata = `contents = "Text Format Volume Group"\nvg0 {\nid = "G"\nseqno = 3\nextent_size = ${EXTENT / 512}\nphysical_volumes {\n${physical("pv0", 2047)}${physical("pv1", 511)}}\nlogical_volumes {\n${[
    volume(
      "data",
      '"READ", "WRITE", "VISIBLE"',
      1536,
      'type = "cache"\ncache_pool = "fast_cpool"\norigin = "data_corig"',
    ),
    volume("fast_cpool", '"READ"', 256, 'type = "cache-pool"\ndata = "fast_cdata"\nmetadata = "fast_cmeta"'),
    hidden("fast_cdata", "pv1", 0, 256),
    hidden("fast_cmeta", "pv1", 256, 2),
    hidden("lvol0_pmspare", "pv1", 258, 2),
    hidden("data_corig", "pv0", 0, 1536),
  ].join("")}}\n}\n`;
  const nodes: LayoutNode[] = [
    diskOf("sda", 8 * GIB, "A"),
    diskOf("sdb", 2 * GIB, "B"),
    {
      kind: "volume-group",
      id: "vg:vg0",
      name: "vg0",
      uuid: "G",
      members: ["pv0", "pv1"].map((key, at) => ({ on: `disk:sd${"ab"[at]}`, uuid: `id-${key}`, metadataAreas: 1 })),
      metadata,
    },
    {
      kind: "logical-volume",
      id: "lv:vg0/data",
      group: "vg:vg0",
      name: "data",
      path: "/dev/vg0/data",
      uuid: "id-data",
      sizeBytes: 6 * GIB,
      segments: ["cache"],
      cache: "by fast (1.00 GiB, writethrough)",
    },
    { kind: "swap", id: "swap:data", on: "lv:vg0/data", sizeBytes: 6 * GIB, active: true },
    ...more,
  ];
  return { version: 1, nodes };
}
