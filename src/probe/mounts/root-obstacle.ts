import { stored } from "../../base/message.ts";
import { type MountLine, parseMountinfo } from "../../formats/fs/mount-tables.ts";
import { type Layout, nodesOf, type Unsupported } from "../../layout/types.ts";
import type { DeviceFacts, Facts } from "../facts.ts";
import { usesOf } from "../uses.ts";
import { classOf, mountWords } from "./mount-class.ts";
import { lowerPath } from "./set-path.ts";

/** Why the root is none that a restore could make, as a noun phrase. */
function whatIs(line: MountLine, device: DeviceFacts | undefined): string {
  if (/^\/ostree\/(?:deploy|boot)|\/deploy\/[^/]+\/deploy\//.test(line.root)) return stored`an OSTree deployment`;
  if (line.source === "composefs" || /\bcomposefs\b/.test(line.options))
    return stored`an OSTree deployment (composefs)`;
  if (line.source.startsWith("/dev/loop")) return stored`a file system in a file (${line.source}, ${line.type})`;
  if (line.root !== "/" && device) return stored`a directory (${line.root}) of the file system on ${device.path}`;
  if (classOf(line) !== "local") return mountWords(line);
  return stored`${mountWords(line)} on no disk that is known here`;
}

/**
 * A machine whose root lies on no disk of the set has no root in its backup: refused. `root`: where the set begins.
 * None if something that is refused already says so.
 */
export function rootObstacle(facts: Facts, layout: Layout, root: string): Unsupported[] {
  if (nodesOf(layout, "mount").some(({ path }) => path === "/")) return [];
  const line = parseMountinfo(facts.mountinfo).findLast((mount) => lowerPath(root, mount.path) === "/");
  const devices = usesOf(facts, root).flatMap(({ mount, device }) => (mount?.path === "/" ? [device] : []));
  const said = ["unsupported:root", ...devices.map(({ name }) => `unsupported:${name}`)];
  if (nodesOf(layout, "unsupported").some(({ id }) => said.includes(id))) return [];
  const what = line ? whatIs(line, devices[0]) : stored`no file system of its own`;
  return [{ kind: "unsupported", id: "unsupported:root", on: "root", path: "/", what }];
}
