import { openSet, requireWhole } from "../archive/set/open-set.ts";
import type { FileSpan } from "../archive/set-files.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { kernelVersionOf } from "../formats/boot/kernel-image.ts";
import { type IsoFile, listIsoDirectory, rangeOfFile } from "../formats/fs/iso9660.ts";
import type { Host } from "../host/host.ts";
import type { PxeSet } from "./site.ts";

const FIRST_ISO = /^(.+)-1\.iso$/;
const BOOT_NAMES = { kernel: "vmlinuz", initrd: "initrd.img" } as const;

/** The image for a file, a device, or a directory (with a prefix if it holds several). */
function imageOf(host: Host, place: string, prefix: string | undefined): string {
  const kind = host.stat(place)?.kind;
  if (kind !== "directory") return place;
  const found = host.list(place).filter((name) => FIRST_ISO.test(name));
  const wanted = prefix === undefined ? found : found.filter((name) => name === `${prefix}-1.iso`);
  const [only, second] = wanted;
  if (only !== undefined && second === undefined) return `${place.replace(/\/+$/, "")}/${only}`;
  if (second !== undefined) {
    throw new MondoError("usage", msg`${place} holds more than one backup: ${wanted.join(", ")}`, {
      hint: msg`Choose the default for machines with --prefix.`,
    });
  }
  const there = found.length === 0 ? msg`it holds no ISO of a backup` : msg`it holds ${found.join(", ")}`;
  throw new MondoError("not-found", msg`${place} has no ${prefix ?? "*"}-1.iso: ${there}`, {
    hint: msg`Name the ISO that mondoarchive wrote, or its directory.`,
  });
}

function bootFile(iso: string, files: readonly IsoFile[], name: string): FileSpan {
  const file = files.find((one) => one.name === name && !one.isDirectory);
  if (!file) {
    throw new MondoError("damaged", msg`${iso} holds no /boot/${name}`, { hint: msg`Use another copy of the backup.` });
  }
  const { offset, length } = rangeOfFile(file);
  return { path: iso, offset, sizeBytes: length };
}

function titleOf({ host, created }: { host: { name: string; os: string }; created: number }): string {
  const when = new Date(created * 1000).toISOString().slice(0, 16).replace("T", " ");
  return `${host.name} (${host.os}), ${when} UTC`.replace(/[^\w ./:,()@+-]/g, "_");
}

/** The tree is one for PCs: its loaders start nothing else. Throws `unsupported`. */
function requireServable(arch: string, iso: string): void {
  if (arch === "x86_64") return;
  throw new MondoError(
    "unsupported",
    msg`${iso} is of an ${arch} machine: start over the network is for x86-64 alone`,
    {
      hint: msg`Start that machine from the ISO itself, on a stick, a disc or a virtual drive.`,
    },
  );
}

/**
 * A set with its rescue system, found in its first ISO, which is not read through. `place` is the ISO or its directory.
 * Throws `not-found`, `usage`, `format` or `damaged`.
 */
export function findPxeSet(host: Host, place: string, prefix: string | undefined): PxeSet {
  const iso = imageOf(host, place, prefix);
  const set = openSet(host, iso);
  requireWhole(set);
  const files = listIsoDirectory((offset, length) => host.readAt(iso, offset, length), "/boot");
  const kernel = bootFile(iso, files, BOOT_NAMES.kernel);
  requireServable(set.manifest.host.arch, iso);
  if (kernelVersionOf(host.readAt(iso, kernel.offset, 64 * 1024)) === undefined) {
    throw new MondoError("damaged", msg`/boot/vmlinuz of ${iso} is not a kernel`, {
      hint: msg`Use another copy of the backup.`,
    });
  }
  const named = FIRST_ISO.exec(iso.slice(iso.lastIndexOf("/") + 1))?.[1];
  return {
    prefix: prefix ?? named ?? set.manifest.prefix,
    title: titleOf(set.manifest),
    kernel,
    initrd: bootFile(iso, files, BOOT_NAMES.initrd),
    place: "",
  };
}
