import type { Host } from "../../host/host.ts";
import type { UnitFacts } from "../facts.ts";

/** Where an administrator, a package and the generators put units. Source: systemd.unit(5). */
const DIRECTORIES = ["/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system"];

/** A setting of a unit; the last one counts. */
function setting(text: string, name: string): string | undefined {
  const found = [...text.matchAll(new RegExp(`^[ \\t]*${name}[ \\t]*=(.*)$`, "gm"))].at(-1)?.[1]?.trim();
  return found === undefined ? undefined : found.replace(/^"(.*)"$/, "$1").replaceAll("%%", "%");
}

/** The mount unit of that name, where it says what and where. */
function readUnit(host: Host, base: string, name: string): UnitFacts | undefined {
  for (const directory of DIRECTORIES) {
    const text = host.tryReadText(`${base}${directory}/${name}`);
    if (text === undefined) continue;
    const [spec, path] = [setting(text, "What"), setting(text, "Where")];
    if (spec === undefined || !path?.startsWith("/")) return undefined;
    return { name, spec, path, type: setting(text, "Type") ?? "auto", options: setting(text, "Options") ?? "" };
  }
  return undefined;
}

/** Names of the units that others start by links (`local-fs.target.wants/data.mount`). */
function enabledNames(host: Host, base: string): string[] {
  const [etc = ""] = DIRECTORIES;
  const starters = host.list(`${base}${etc}`).filter((name) => /\.(?:wants|requires|upholds)$/.test(name));
  return [...new Set(starters.flatMap((name) => host.list(`${base}${etc}/${name}`)))];
}

/** Mount points of the machine's own mount and automount units. Changes nothing. */
export function readMountUnits(host: Host, base: string): string[] {
  const [etc = ""] = DIRECTORIES;
  const own = host.list(`${base}${etc}`).filter((name) => /\.(?:auto)?mount$/.test(name));
  const enabled = enabledNames(host, base).filter((name) => /\.(?:auto)?mount$/.test(name));
  const names = new Set([...own, ...enabled].map((name) => name.replace(/\.automount$/, ".mount")));
  return [...names].flatMap((name) => readUnit(host, base, name)?.path ?? []);
}

/** The mount units that the machine starts by itself, those of automounts included. Changes nothing. */
export function readEnabledUnits(host: Host, base: string): UnitFacts[] {
  return enabledNames(host, base).flatMap((name): UnitFacts[] => {
    if (name.endsWith(".mount")) return [readUnit(host, base, name) ?? []].flat();
    if (!name.endsWith(".automount")) return [];
    const unit = readUnit(host, base, name.replace(/\.automount$/, ".mount"));
    return unit ? [{ ...unit, options: [unit.options, "x-systemd.automount"].filter((word) => word).join(",") }] : [];
  });
}
