import { decodeText } from "../../base/bytes.ts";
import { elfSection } from "./elf.ts";

/** What a kernel module says about itself (its `.modinfo` section: NUL-separated `key=value`). */
export interface ModuleInfo {
  /** Files below /lib/firmware that it may ask for; globs since Linux 6.x. */
  readonly firmware: readonly string[];
  readonly softdeps: readonly string[];
  readonly aliases: readonly string[];
  readonly vermagic?: string;
}

/** Reads an uncompressed module. Throws `format` when it isn't ELF; a module without the section gives empty lists. */
export function parseModuleInfo(bytes: Uint8Array, name: string): ModuleInfo {
  const section = elfSection(bytes, ".modinfo", name);
  const pairs = section ? decodeText(section).split("\0") : [];
  const values = (key: string) =>
    pairs.filter((pair) => pair.startsWith(`${key}=`)).map((pair) => pair.slice(key.length + 1));
  const vermagic = values("vermagic")[0];
  return {
    firmware: values("firmware"),
    softdeps: values("softdep"),
    aliases: values("alias"),
    ...(vermagic === undefined ? {} : { vermagic }),
  };
}
