import { MondoError } from "../base/errors.ts";
import { type Reporter, silentReporter } from "../base/report.ts";
import { type IsoPlan, isoMedium, xorrisoArguments, xorrisoProgress } from "../drivers/media/iso.ts";
import type { DataContent, MediumContent } from "../drivers/media/medium.ts";
import type { Host } from "../host/host.ts";
import { bootlessError, stageBios, stageEfi, stageMenus } from "./boot-files.ts";

/** Throws `tool-missing` with the packages when the live system can't write an ISO image. */
export function checkIsoTools(host: Host): void {
  const missing = Object.entries(isoMedium.liveTools).filter(([tool]) => host.which(tool) === undefined);
  if (missing.length === 0) return;
  const names = missing.map(([tool]) => tool).join(", ");
  const packages = [...new Set(missing.map(([, name]) => name))].join(" ");
  throw new MondoError(
    "tool-missing",
    `writing an ISO image needs ${names}, which ${missing.length === 1 ? "is" : "are"} not installed`,
    {
      hint: `Install ${missing.length === 1 ? "it" : "them"} (Debian: apt-get install ${packages}).`,
      data: { missing: missing.map(([tool]) => tool) },
    },
  );
}

/** Bytes of a file, or of all files in a directory (sets are flat). */
function sizeOf(host: Host, path: string): number {
  const stat = host.stat(path);
  if (stat?.kind !== "directory") return stat?.sizeBytes ?? 0;
  return host.list(path).reduce((sum, name) => sum + (host.stat(`${path}/${name}`)?.sizeBytes ?? 0), 0);
}

async function stage(host: Host, content: MediumContent, staging: string, scratch: string, reporter: Reporter) {
  host.makeDirectory(`${staging}/boot`, 0o700);
  stageMenus(host, content.menu, staging);
  const bios = await stageBios(host, content.menu, staging);
  const efiImage = await stageEfi(host, content.menu, staging, scratch);
  if (!bios && efiImage === undefined) throw bootlessError();
  if (!bios)
    reporter.warn("The ISO will not boot by BIOS: install isolinux and syslinux-common (or grub-pc-bin) for that.");
  if (efiImage === undefined) {
    reporter.warn(
      "The ISO will not boot by UEFI: install grub-efi-amd64-bin (and grub-efi-amd64-signed, shim-signed) for that.",
    );
  }
  return { bios, efiImage };
}

/** The arguments of xorriso, once the boot files are in `scratch`. */
async function planOf(
  host: Host,
  content: MediumContent | DataContent,
  scratch: string,
  reporter: Reporter,
): Promise<Omit<IsoPlan, "output">> {
  const set = { "/mondo": content.set };
  if (!("menu" in content)) return { volumeId: content.volumeId, grafts: set };
  const staging = `${scratch}/iso`;
  const boot = await stage(host, content, staging, scratch, reporter);
  const grafts = { ...set, "/boot/vmlinuz": content.kernel, "/boot/initrd.img": content.initrd };
  return { volumeId: content.volumeId, grafts, staging, ...boot };
}

/** Exact length in bytes that an image will have; writes nothing but its boot files, which it removes. */
export async function measureIso(host: Host, content: MediumContent | DataContent): Promise<number> {
  const scratch = `${content.output}.boot`;
  host.remove(scratch);
  try {
    const plan = await planOf(host, content, scratch, silentReporter);
    const { stdout } = await host.run({ argv: xorrisoArguments(plan) });
    const sectors = /^\d+$/m.exec(stdout)?.[0];
    if (sectors === undefined) throw new MondoError("tool-failed", "xorriso does not say how large the image will be");
    return Number(sectors) * 2048;
  } finally {
    host.remove(scratch);
  }
}

/**
 * Writes the ISO image: bootable, or with data only. It gets its name only when it is complete
 * (`NAME.partial` before that, removed on failure and when `signal` aborts). Throws `tool-missing`, `no-space` or
 * `tool-failed`.
 */
export async function buildIso(
  host: Host,
  content: MediumContent | DataContent,
  reporter: Reporter,
  signal?: AbortSignal,
): Promise<void> {
  checkIsoTools(host);
  const partial = `${content.output}.partial`;
  const scratch = `${content.output}.boot`;
  const parts = "menu" in content ? [content.set, content.kernel, content.initrd] : [content.set];
  const total = parts.reduce((sum, path) => sum + sizeOf(host, path), 0);
  host.remove(scratch);
  host.remove(partial);
  try {
    const plan = await planOf(host, content, scratch, reporter);
    await host.run({
      argv: xorrisoArguments({ ...plan, output: partial }),
      ...(signal ? { signal } : {}),
      onLine: (line) => {
        const share = xorrisoProgress(line);
        if (share !== undefined)
          reporter.progress({ label: "ISO", done: Math.round(share * total), total, unit: "bytes" });
      },
    });
    signal?.throwIfAborted();
    // This may replace an earlier backup.
    host.syncFile(partial);
    host.rename(partial, content.output);
  } catch (error) {
    host.remove(partial);
    throw explain(error, content.output);
  } finally {
    host.remove(scratch);
  }
}

/** xorriso reports a full disk only in its text. */
function explain(error: unknown, output: string): unknown {
  const said = error instanceof MondoError ? String(error.data.stderr ?? "") : "";
  if (!/No space left on device|Image size .* exceeds free space/i.test(said)) return error;
  return new MondoError("no-space", `there is not enough room for ${output}`, {
    hint: "Choose another directory with -d, or leave files out with -E.",
    cause: error,
  });
}
