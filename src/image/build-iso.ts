import { architecture } from "../base/architecture.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
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
    msg`writing an ISO image needs ${names}, which ${missing.length === 1 ? msg`is` : msg`are`} not installed`,
    {
      hint: msg`Install ${missing.length === 1 ? msg`it` : msg`them`} (Debian: apt-get install ${packages}).`,
      data: { missing: missing.map(([tool]) => tool) },
    },
  );
}

async function stage(host: Host, content: MediumContent, staging: string, scratch: string, reporter: Reporter) {
  host.makeDirectory(`${staging}/boot`, 0o700);
  stageMenus(host, content.menu, staging);
  const bios = await stageBios(host, content.menu, staging);
  const efi = await stageEfi(host, content.menu, staging, scratch);
  if (!bios && !efi) throw bootlessError();
  if (!bios && architecture.bios)
    reporter.warn(msg`The ISO will not boot by BIOS: install isolinux and syslinux-common (or grub-pc-bin) for that.`);
  const grub = `grub-efi-${architecture.debian}`;
  if (!efi) {
    reporter.warn(msg`The ISO will not boot by UEFI: install ${grub}-bin (and ${grub}-signed, shim-signed) for that.`);
  } else if (!efi.isSigned) {
    reporter.info(msg`With Secure Boot the ISO will not start: install ${grub}-signed and shim-signed for that.`);
  }
  return { bios, efiImage: efi?.path };
}

/** The arguments of xorriso, once the boot files are in `scratch`. */
async function planOf(host: Host, content: MediumContent | DataContent, reporter: Reporter): Promise<IsoPlan> {
  const { scratch, output, volumeId } = content;
  const empty = `${scratch}/empty`;
  host.makeDirectory(empty, 0o700);
  const common = { output, volumeId };
  if (!("menu" in content)) return { ...common, grafts: { "/mondo": empty } };
  const staging = `${scratch}/iso`;
  const boot = await stage(host, content, staging, scratch, reporter);
  const grafts = { "/mondo": empty, "/boot/vmlinuz": content.kernel, "/boot/initrd.img": content.initrd };
  return { ...common, grafts, staging, ...boot };
}

/**
 * Writes an ISO image with an empty directory `/mondo`: bootable, or one for data only. On failure and when `signal`
 * aborts it is removed. Throws `tool-missing`, `no-space` or `tool-failed`.
 */
export async function buildIso(
  host: Host,
  content: MediumContent | DataContent,
  reporter: Reporter,
  signal?: AbortSignal,
): Promise<void> {
  checkIsoTools(host);
  const { output, scratch } = content;
  const parts = "menu" in content ? [content.kernel, content.initrd] : [];
  const total = parts.reduce((sum, path) => sum + (host.stat(path)?.sizeBytes ?? 0), 0);
  host.remove(scratch);
  host.remove(output);
  try {
    await host.run({
      argv: xorrisoArguments(await planOf(host, content, reporter)),
      ...(signal ? { signal } : {}),
      onLine: (line) => {
        const share = xorrisoProgress(line);
        if (share !== undefined && total > 0)
          reporter.progress({ label: "ISO", done: Math.round(share * total), total, unit: "bytes" });
      },
    });
    signal?.throwIfAborted();
  } catch (error) {
    host.remove(output);
    throw explain(error, output);
  } finally {
    host.remove(scratch);
  }
}

/** xorriso reports a full disk only in its text. */
function explain(error: unknown, output: string): unknown {
  const said = error instanceof MondoError ? String(error.data.stderr ?? "") : "";
  if (!/No space left on device|Image size .* exceeds free space/i.test(said)) return error;
  return new MondoError("no-space", msg`there is not enough room for ${output}`, {
    hint: msg`Choose another directory with -d, or leave files out with -E.`,
    cause: error,
  });
}
