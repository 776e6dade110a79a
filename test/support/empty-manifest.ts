import { encodeManifest } from "../../src/archive/set/manifest.ts";

export const EMPTY_SET = "7f1b6f0e-8f43-4d7c-9a63-0a6f1e2d3c4b";

/** The text of a manifest of a machine without disks and files. */
export function emptyManifest(name: string): string {
  return encodeManifest({
    format: "mondo-set",
    version: 1,
    set: EMPTY_SET,
    created: 1_700_000_000,
    tool: { version: "test", commit: "test" },
    host: { name, os: "Debian 12", kernel: "6.1", arch: "x86_64" },
    prefix: name,
    layout: { version: 1, nodes: [] },
    volumes: [],
    catalog: { name: "catalog", sizeBytes: 0, sha256: "0".repeat(64) },
    entries: 0,
    contentBytes: 0,
    problems: [],
    options: { restoreByDefault: false, eject: true, excluded: [] },
  });
}
