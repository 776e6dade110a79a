/** What of other people is in the executable, and under which licence: read from what was built, not remembered. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

/** A work that is part of the executable. */
export interface Component {
  readonly name: string;
  readonly version?: string;
  /** SPDX expression. */
  readonly license: string;
  /** Package URL (purl). */
  readonly purl?: string;
  /** SHA-512 of the package as the registry has it, base64: from package-lock.json. */
  readonly sha512?: string;
  /** Texts that its licence wants to be passed on: file name → text. */
  readonly texts: Readonly<Record<string, string>>;
  /** How it is there, as a phrase. */
  readonly note?: string;
  /** Works that came with it, linked into its binary file. */
  readonly parts?: readonly Component[];
}

/** Parts of a binary file that came finished: `name version? license`, the version where the file tells it. */
function partsOf(list: string, ecosystem?: string): readonly Component[] {
  return list
    .trim()
    .split("\n")
    .map((line) => {
      const [, name = "", version, license = ""] = /^\s*(\S+)(?: ([\d.]+\S*))?: (.*)$/.exec(line) ?? [];
      const purl =
        ecosystem === undefined || version === undefined ? {} : { purl: `pkg:${ecosystem}/${name}@${version}` };
      return { name, ...(version === undefined ? {} : { version }), license, ...purl, texts: {} };
    });
}

/** Source: LICENSE.md of github.com/oven-sh/bun, which names no versions. */
const bunParts = partsOf(`
  WebKit-JavaScriptCore: LGPL-2.0-or-later
  boringssl: Apache-2.0
  brotli: MIT
  c-ares: MIT
  esbuild: MIT
  highway: Apache-2.0
  icu: Unicode-3.0
  libarchive: BSD-2-Clause
  libbase64: BSD-2-Clause
  libdeflate: MIT
  libjpeg-turbo: IJG AND BSD-3-Clause AND Zlib
  libspng: BSD-2-Clause
  libwebp: BSD-3-Clause
  llvm-libcxxabi: Apache-2.0 WITH LLVM-exception
  lol-html: BSD-3-Clause
  ls-hpack: MIT
  ls-qpack: MIT
  lsquic: MIT AND BSD-3-Clause
  mimalloc: MIT
  picohttpparser: MIT
  simdutf: Apache-2.0
  tigerbeetle-io: Apache-2.0
  tinycc: LGPL-2.1-or-later
  uSockets: Apache-2.0
  uWebSockets: Apache-2.0
  uucode: MIT
  zlib-ng: Zlib
  zstd: BSD-3-Clause
`);

/** The crates whose names and versions the binary file tells; they bring smaller ones of the same licences. */
const lzmaParts = partsOf(
  `
  futures-core 0.3.34: MIT OR Apache-2.0
  libloading 0.9.0: ISC
  lzma-rust2 0.25.0: Apache-2.0
  napi 3.16.1: MIT
  tokio 1.54.1: MIT
  rust-std: MIT OR Apache-2.0
`,
  "cargo",
);

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly integrity?: string }>>;
}

/** Where packages are installed, and the lock that they were checked by: those for aarch64 have one of their own. */
const homes = ["", ".cache/arm64"].map((home) => {
  const path = join(root, home === "" ? "package-lock.json" : ".ci/arm64/package-lock.json");
  return { modules: join(root, home, "node_modules"), lock: JSON.parse(readFileSync(path, "utf8")) as Lock };
});

/** A package of npm, as it is in node_modules. */
function npmComponent(name: string, more: Partial<Component> = {}): Component {
  const place = homes.find(({ lock }) => lock.packages[`node_modules/${name}`] !== undefined);
  const home = join(place?.modules ?? root, name);
  if (place === undefined) throw new Error(`${name} is not in package-lock.json`);
  const { version, license } = JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as Manifest;
  const integrity = place.lock.packages[`node_modules/${name}`]?.integrity ?? "";
  const names = readdirSync(home).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
  const texts = Object.fromEntries(names.sort().map((file) => [file, readFileSync(join(home, file), "utf8")]));
  const sha512 = /^sha512-(\S+)$/.exec(integrity)?.[1];
  if (sha512 === undefined) throw new Error(`${name} is not in package-lock.json with its SHA-512`);
  return { name, version, license, purl: `pkg:npm/${name.replace("@", "%40")}@${version}`, sha512, texts, ...more };
}

/** The library inside zstd-napi. */
function zstdLibrary(): Component {
  const home = join(root, "node_modules/zstd-napi/deps/zstd");
  const header = readFileSync(join(home, "lib/zstd.h"), "utf8");
  const number = (part: string) => new RegExp(`#define ZSTD_VERSION_${part} +(\\d+)`).exec(header)?.[1] ?? "";
  const version = ["MAJOR", "MINOR", "RELEASE"].map(number).join(".");
  const texts = { LICENSE: readFileSync(join(home, "LICENSE"), "utf8") };
  return { name: "zstd", version, license: "BSD-3-Clause", purl: `pkg:github/facebook/zstd@v${version}`, texts };
}

/** What more is known of a package than its own files say. */
const known: Readonly<Record<string, () => Partial<Component>>> = {
  "zstd-napi": () => ({
    note: "compiled from source, with headers of node-addon-api",
    parts: [zstdLibrary(), npmComponent("node-addon-api"), npmComponent("node-api-headers")],
  }),
};

const lzmaFile = () => ({ note: "a finished binary file", parts: lzmaParts });
const runtime = () => ({
  note: "the runtime: a finished binary file; https://github.com/oven-sh/bun says how to link it anew with a changed WebKit",
  parts: bunParts,
});
/** What is machine code, by processor. */
const native: Readonly<Record<"amd64" | "arm64", typeof known>> = {
  amd64: { "@napi-rs/lzma-linux-x64-gnu": lzmaFile, "@oven/bun-linux-x64-baseline": runtime },
  arm64: { "@napi-rs/lzma-linux-arm64-gnu": lzmaFile, "@oven/bun-linux-aarch64": runtime },
};

/** Every work in the executable (that for aarch64 if `isArm`) besides mondo's own: what the bundler took in, the runtime, and the addons. */
export function components(isArm = false): readonly Component[] {
  const list = join(root, isArm ? "dist/arm64/bundled.json" : "dist/bundled.json");
  const bundled = JSON.parse(readFileSync(list, "utf8")) as string[];
  const all = { ...known, ...native[isArm ? "arm64" : "amd64"] };
  const names = new Set([...bundled, ...Object.keys(all)]);
  return [...names].sort().map((name) => npmComponent(name, all[name]?.()));
}

/** Every component and part, once. */
export const flattened = (list: readonly Component[]): readonly Component[] =>
  list.flatMap((component) => [component, ...flattened(component.parts ?? [])]);

/** The licences in SPDX expressions, one each: `MIT OR Apache-2.0` stays together. */
export function licensesIn(list: readonly Component[]): readonly string[] {
  const all = flattened(list).flatMap(({ license }) => license.split(" AND "));
  return [...new Set(all)].sort();
}

const COMMON = "/usr/share/common-licenses";

/** Full texts of the licences that many share, from Debian's base-files: file name → text. */
export function commonTexts(): Readonly<Record<string, string>> {
  const names = ["Apache-2.0", "GPL-2", "GPL-3", "LGPL-2", "LGPL-2.1"];
  const missing = names.find((name) => !existsSync(join(COMMON, name)));
  if (missing !== undefined) throw new Error(`${COMMON}/${missing} is missing: packages are made on Debian`);
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(COMMON, name), "utf8")]));
}

/** SHA-256 as hex. */
export const sha256 = (data: Uint8Array | string): string => createHash("sha256").update(data).digest("hex");
