import { msg } from "../base/message.ts";
import { parseBuiltin, parseModulesDep } from "../formats/boot/module-lists.ts";
import { decompress } from "../host/decompress.ts";
import type { Host } from "../host/host.ts";
import { closeFd, finitModule, initModule, OpenFlag, openPath } from "../host/syscalls.ts";
import { parseModprobeConfig } from "./modprobe-config.ts";
import { type AliasIndex, indexAliases } from "./module-aliases.ts";
import type { ModuleKernel, ModuleLists } from "./module-loader.ts";

/** What command line and image say about modules; plain data, because it is passed to a thread. */
export interface ModuleWishes {
  readonly force: readonly string[];
  readonly deny: readonly string[];
  /** Those that the image was made to deny. */
  readonly imageDenies: readonly string[];
  readonly parameters: ReadonlyMap<string, readonly string[]>;
}

const CONFIG_DIRECTORIES = ["/lib/modprobe.d", "/etc/modprobe.d"];

/** Directory of the running kernel's modules. */
export function moduleDirectory(host: Host): string {
  return `/lib/modules/${(host.tryReadText("/proc/sys/kernel/osrelease") ?? "").trim()}`;
}

/** Reads the image's lists; a missing one is empty. */
export function readModuleLists(host: Host, wishes: ModuleWishes): ModuleLists & { readonly aliases: AliasIndex } {
  const directory = moduleDirectory(host);
  const text = (name: string) => host.tryReadText(`${directory}/${name}`) ?? "";
  const configs = CONFIG_DIRECTORIES.flatMap((path) =>
    host
      .list(path)
      .filter((name) => name.endsWith(".conf"))
      .map((name) => host.tryReadText(`${path}/${name}`) ?? ""),
  );
  const config = parseModprobeConfig([text("modules.softdep"), ...configs], wishes.parameters);
  const aliases = indexAliases(config.aliases, text("modules.alias"));
  return {
    modules: parseModulesDep(text("modules.dep")),
    builtin: parseBuiltin(text("modules.builtin")),
    config,
    denied: new Map([
      ...wishes.imageDenies.map((name) => [name, msg`this image was made with --deny-modules ${name}`] as const),
      ...wishes.deny.map((name) => [name, msg`mondo.denymods= forbids it`] as const),
    ]),
    aliases,
    resolve: aliases.lookUp,
  };
}

/** The running kernel. Compressed modules are decompressed here, which needs no kernel option and no tool. */
export function runningKernel(host: Host): ModuleKernel {
  const directory = moduleDirectory(host);
  return {
    isLoaded: (name) => host.exists(`/sys/module/${name}`),
    async insert(path, parameters) {
      const file = path.startsWith("/") ? path : `${directory}/${path}`;
      const compression = /\.(xz|zst|gz)$/.exec(file)?.[1] as "xz" | "zst" | "gz" | undefined;
      if (compression !== undefined) {
        return initModule(await decompress(compression, host.read(file), file), parameters);
      }
      const fd = openPath(file, OpenFlag.read);
      try {
        return finitModule(fd, parameters);
      } finally {
        closeFd(fd);
      }
    },
  };
}
