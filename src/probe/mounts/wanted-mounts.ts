import { mountPath } from "../../base/mount-path.ts";
import { parseFstab } from "../../formats/fs/mount-tables.ts";
import type { Facts } from "../facts.ts";

/** What the machine is set up to mount. */
export interface WantedMount {
  readonly spec: string;
  /** Plain, with links followed where they lead somewhere here. */
  readonly path: string;
  readonly type: string;
  readonly options: readonly string[];
  /** The file that says so, for sentences. */
  readonly by: string;
}

/** Where a path leads, as the kernel would show it among the mounts. */
export function resolvedPath(facts: Pick<Facts, "realPaths">, path: string): string {
  const plain = mountPath(path);
  return facts.realPaths?.[plain] ?? plain;
}

/** Mounts of /etc/fstab and of systemd's units, swap left out. */
export function wantedMounts(facts: Facts): WantedMount[] {
  const listed = parseFstab(facts.fstab).map((entry) => ({ ...entry, by: "/etc/fstab" }));
  const units = (facts.enabledUnits ?? []).map((unit) => ({ ...unit, by: unit.name }));
  return [...listed, ...units].flatMap(({ spec, path, type, options, by }): WantedMount[] => {
    if (!path.startsWith("/") || type === "swap") return [];
    return [{ spec, path: resolvedPath(facts, path), type, options: options.split(","), by }];
  });
}

/** Whether the machine mounts something at a path by itself. */
export function isWanted(facts: Facts, path: string): boolean {
  return (
    parseFstab(facts.fstab).some((entry) => resolvedPath(facts, entry.path) === path) ||
    facts.mountUnits.some((unit) => resolvedPath(facts, unit) === path)
  );
}
