import { encodeText } from "../base/bytes.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import { formatBytes, MIB } from "../base/units.ts";
import type { Needs } from "../drivers/contracts.ts";
import type { Host } from "../host/host.ts";
import { addFirmware, firmwareNames } from "./add-firmware.ts";
import { type Additions, addAllListed, readDeplists } from "./additions.ts";
import { chooseKernel } from "./choose-kernel.ts";
import { constantPart } from "./constant.ts";
import type { Kernel } from "./kernel.ts";
import { checkKernelOptions } from "./kernel-options.ts";
import { KEYBOARD_PLACE, keyboardLayout } from "./keyboard.ts";
import { LibraryCloser } from "./libraries.ts";
import { addModules, readModuleIndex, requireOwnModules, selectModules } from "./modules.ts";
import { proveTools } from "./prove.ts";
import { refuseSecrets } from "./secrets.ts";
import { cachedGroup, groupKey, type PackedGroup, packGroup, type SegmentGroup } from "./segments.ts";
import { addExtraFiles, addSkeleton } from "./skeleton.ts";
import { addTools, baseTools } from "./tools.ts";
import { Tree } from "./tree.ts";

/** What to make an image of. */
export interface ImageRequest {
  /** Root of the system that kernel, modules and tools come from. */
  readonly root: string;
  /** "FAILSAFE", or the path of a kernel file. Default: the running kernel. */
  readonly kernel?: string | undefined;
  readonly needs: readonly Needs[];
  /** What an administrator adds; absent: nothing. */
  readonly additions?: Additions;
  /** Further files by their path on the image: those of this set. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Gets `vmlinuz` and `initrd.img`. */
  readonly outputDirectory: string;
  readonly cacheDirectory: string;
  /** Our own executable (`selfPath`). */
  readonly executable: string;
}

/** Size of a group of files, before and after compression. */
export interface GroupSize {
  readonly name: string;
  readonly rawBytes: number;
  readonly compressedBytes: number;
}

/** A finished image. */
export interface ImageResult {
  readonly kernelPath: string;
  readonly initrdPath: string;
  readonly kernelVersion: string;
  readonly groups: readonly GroupSize[];
}

/** Above this the initrd is larger than ReaR's, and small machines fail to boot it. */
const BUDGET_BYTES = 79 * MIB;
/**
 * zstd levels. 120 MB of Debian's modules on two busy cores: level 3 29.1 MB in 1.6 s, 9 25.2 MB in 4 s, 12 25.0 MB in
 * 9 s, 15 24.9 MB in 20 s, 19 22.7 MB in 75 s.
 */
const LEVEL = { system: 12, modules: 9, firmware: 9, set: 3 } as const;

/** What an image will be made of; all checks have passed. */
export interface ImageDraft {
  readonly request: ImageRequest;
  readonly kernel: Kernel;
  readonly tools: readonly string[];
  readonly system: SegmentGroup;
  readonly modules: SegmentGroup;
  readonly firmware: SegmentGroup;
  readonly set: SegmentGroup;
}

function draftSystem(
  host: Host,
  root: string,
  { needs, additions }: ImageRequest,
  reporter: Reporter,
): { tree: Tree; tools: string[] } {
  const tree = new Tree();
  addSkeleton(host, root, tree);
  const libraries = new LibraryCloser(host, root, tree);
  const wishes = [
    ...baseTools(),
    ...needs.flatMap((need) => need.tools.map((name) => ({ names: [name], optional: false }))),
    ...needs.flatMap((need) => (need.optionalTools ?? []).map((name) => ({ names: [name], optional: true }))),
  ];
  const tools = addTools(host, root, tree, libraries, wishes);
  libraries.addForExecutable();
  for (const path of needs.flatMap((need) => need.files ?? [])) addExtraFiles(host, root, tree, libraries, path);
  const listed = additions?.deplists === undefined ? [] : readDeplists(host, additions.deplists);
  addAllListed(host, root, tree, libraries, listed, reporter);
  tree.addMergedUsr();
  return { tree, tools };
}

/** Names of firmware files, cached for unchanged modules, so that those need not be read again. */
async function knownFirmware(
  host: Host,
  cacheDirectory: string,
  modules: SegmentGroup,
  read: () => Promise<string[]>,
): Promise<string[]> {
  const path = `${cacheDirectory}/firmware-names-${groupKey(host, modules).slice(0, 24)}.txt`;
  const known = host.tryReadText(path);
  if (known !== undefined) return known.split("\n").filter((name) => name !== "");
  const names = await read();
  host.makeDirectory(cacheDirectory);
  host.write(path, names.map((name) => `${name}\n`).join(""));
  return names;
}

/**
 * Checks everything about an image that can be checked before it is written: kernel, its options and modules, tools and
 * their libraries. Fetches the fail-safe kernel into the cache if that is wanted.
 */
export async function prepareImage(host: Host, request: ImageRequest, reporter: Reporter): Promise<ImageDraft> {
  const root = request.root === "/" ? "" : request.root.replace(/\/+$/, "");
  const kernel = await chooseKernel(host, { ...request, root }, reporter);
  const index = readModuleIndex(host, kernel.modules, kernel.version);
  await checkKernelOptions(host, kernel, index, reporter);
  const own = request.additions?.modules ?? { force: [], deny: [] };
  requireOwnModules(index, own, reporter);
  const lines = selectModules(index, [...request.needs.flatMap((need) => need.modules), ...own.force]);
  const { tree, tools } = draftSystem(host, root, request, reporter);
  const modules: SegmentGroup = { name: "modules", tree: new Tree(), level: LEVEL.modules, cached: true };
  addModules(host, index, lines, modules.tree);
  const names = await knownFirmware(host, request.cacheDirectory, modules, () =>
    firmwareNames(host, kernel.modules, lines),
  );
  const firmware: SegmentGroup = { name: "firmware", tree: new Tree(), level: LEVEL.firmware, cached: true };
  const missing = addFirmware(host, root, kernel, names, firmware.tree);
  reporter.log(`kernel ${kernel.version} (${kernel.path}), ${lines.length} modules, ${tools.length} tools`);
  reporter.log(`firmware that is not on this system: ${missing.join(" ") || msg`none`}`);
  const set = new Tree();
  const keyboard = await keyboardLayout(host, root);
  if (keyboard.note !== undefined) reporter.info(keyboard.note);
  if (keyboard.text !== undefined)
    set.add(KEYBOARD_PLACE, { kind: "bytes", bytes: encodeText(keyboard.text), mode: 0o644 });
  for (const [path, bytes] of request.files) set.add(path, { kind: "bytes", bytes, mode: 0o644 });
  return {
    request,
    kernel,
    tools,
    system: { name: "system", tree, level: LEVEL.system, cached: true },
    modules,
    firmware,
    set: { name: "set", tree: set, level: LEVEL.set, cached: false },
  };
}

async function packSystem(host: Host, draft: ImageDraft, reporter: Reporter): Promise<PackedGroup> {
  const { request } = draft;
  const cached = cachedGroup(host, request.cacheDirectory, draft.system);
  if (cached) return cached;
  refuseSecrets(host, draft.system.tree);
  reporter.step(msg`Starting each tool of the rescue image once`);
  await proveTools(host, draft.system.tree, draft.tools, request.cacheDirectory);
  return await packGroup(host, request.cacheDirectory, draft.system);
}

async function packAll(host: Host, draft: ImageDraft, reporter: Reporter): Promise<PackedGroup[]> {
  const { request } = draft;
  const pack = async (group: SegmentGroup): Promise<PackedGroup> =>
    cachedGroup(host, request.cacheDirectory, group) ?? (await packGroup(host, request.cacheDirectory, group));
  refuseSecrets(host, draft.set.tree);
  const system = await packSystem(host, draft, reporter);
  reporter.step(msg`Packing the rescue image`);
  const groups = [system, await constantPart(host, request.executable, request.cacheDirectory)];
  for (const group of [draft.modules, draft.firmware, draft.set]) {
    if (group.tree.size > 0) groups.push(await pack(group));
  }
  return groups;
}

/** Sizes as a table for people. */
export function showSizes(groups: readonly GroupSize[]): string[] {
  const rows = [...groups, sumOf(groups)];
  return rows.map(
    ({ name, rawBytes, compressedBytes }) =>
      `${name.padEnd(10)} ${formatBytes(rawBytes).padStart(9)} → ${formatBytes(compressedBytes).padStart(9)}`,
  );
}

function sumOf(groups: readonly GroupSize[]): GroupSize {
  return {
    name: "total",
    rawBytes: groups.reduce((sum, group) => sum + group.rawBytes, 0),
    compressedBytes: groups.reduce((sum, group) => sum + group.compressedBytes, 0),
  };
}

/** One file of several parts, without a second copy in memory. It gets its name only when it is complete. */
function writeParts(host: Host, path: string, parts: readonly Uint8Array[]): void {
  const partial = `${path}.partial`;
  host.remove(partial);
  try {
    for (const part of parts) host.append(partial, part);
    host.rename(partial, path);
  } catch (error) {
    host.remove(partial);
    throw error;
  }
}

/** Makes kernel and initrd in the output directory. The same input gives the same bytes. */
export async function buildImage(host: Host, draft: ImageDraft, reporter: Reporter): Promise<ImageResult> {
  const { request } = draft;
  const packed = await packAll(host, draft, reporter);
  const [kernelPath, initrdPath] = [`${request.outputDirectory}/vmlinuz`, `${request.outputDirectory}/initrd.img`];
  host.makeDirectory(request.outputDirectory);
  host.write(kernelPath, host.read(draft.kernel.path));
  writeParts(
    host,
    initrdPath,
    packed.map((group) => group.packed),
  );
  const groups = packed.map(({ name, rawBytes, packed: bytes }) => ({
    name,
    rawBytes,
    compressedBytes: bytes.byteLength,
  }));
  const total = sumOf(groups).compressedBytes;
  for (const line of showSizes(groups)) reporter.log(line);
  if (total > BUDGET_BYTES) {
    const largest = groups.reduce((a, b) => (b.compressedBytes > a.compressedBytes ? b : a));
    reporter.warn(
      msg`The rescue image has ${formatBytes(total)}: machines with little memory need at most ${formatBytes(BUDGET_BYTES)}. The largest part is ${largest.name} (${formatBytes(largest.compressedBytes)}).`,
    );
  }
  return { kernelPath, initrdPath, kernelVersion: draft.kernel.version, groups };
}
