/**
 * dist → out/packages: mondo_VERSION-RELEASE_amd64.deb, mondo-VERSION-RELEASE.x86_64.rpm, SHA256SUMS; with a key the rpm
 * and SHA256SUMS are signed. --arch arm64 makes those of dist/arm64 in out/packages/arm64.
 * Usage: bun packages/make-packages.ts [--arch arm64] [--release N] [--key ID] [--quick]
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import minimist from "minimist";
import { architectures } from "../src/base/architecture.ts";
import { type Component, commonTexts, components, flattened, sha256 } from "./components.ts";
import { renderCopyright, wholeLicense } from "./copyright.ts";
import { renderSbom } from "./sbom.ts";

const root = join(import.meta.dirname, "..");
const DOC = "usr/share/doc/mondo";
const MAINTAINER = "mondo maintainers <maintainers@mondo.invalid>";

const words = minimist(process.argv.slice(2), { string: ["arch", "release", "key"], boolean: ["quick"] });
const isArm = words.arch === "arm64";
const { debian, machine } = isArm ? architectures.arm64 : architectures.x64;
const dist = join(root, isArm ? "dist/arm64" : "dist");
const out = join(root, isArm ? "out/packages/arm64" : "out/packages");
const stage = join(out, "root");
const release = words.release ?? "1";
const key: string | undefined = words.key;
/** xz, as dpkg knows zstd since Debian 12 alone; nothing at all for trying. */
const packed = words.quick ? { deb: ["-Znone"], rpm: "w.ufdio" } : { deb: ["-Zxz", "-z6"], rpm: "w6.xzdio" };

/** Runs a program to its end and returns what it printed; its complaint is the error. */
function run(argv: readonly string[], env: Record<string, string> = {}): string {
  const result = Bun.spawnSync([...argv], { cwd: root, env: { ...process.env, ...env }, stderr: "pipe" });
  if (result.exitCode !== 0) throw new Error(`${argv.join(" ")}: ${result.stderr.toString().trim()}`);
  return result.stdout.toString().trim();
}

function write(path: string, content: string | Uint8Array, mode = 0o644): void {
  const file = join(stage, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
}

/** Every path below a directory, parents first, sorted. */
const below = (directory: string): readonly string[] =>
  (readdirSync(directory, { recursive: true }) as string[]).sort().map((name) => join(directory, name));

function documents(parts: readonly Component[], version: string, time: number): void {
  const commit = /commit (\S+),/.exec(run(["dist/mondo", "--version"]))?.[1] ?? "unknown";
  const executable = sha256(readFileSync(join(dist, "mondo")));
  const product = { version, commit, license: wholeLicense(parts), sha256: executable, time };
  write(`${DOC}/copyright`, renderCopyright(parts));
  write(`${DOC}/mondo.cdx.json`, renderSbom(product, parts));
  write(`${DOC}/changelog.gz`, gzipSync(readFileSync(join(root, "CHANGELOG.md")), { level: 9 }));
  for (const [name, text] of Object.entries(commonTexts())) write(`${DOC}/licenses/common/${name}`, text);
  for (const { name, texts } of flattened(parts)) {
    const folder = name.replace("@", "").replace("/", "-");
    for (const [file, text] of Object.entries(texts)) write(`${DOC}/licenses/${folder}/${file}`, text);
  }
}

/** Everything that is installed, below `stage`; no file is younger than the last commit. */
function fillStage(version: string, time: number): void {
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  run(["make", "-s", "install", `DESTDIR=${stage}`, "PREFIX=/usr", `ARCH=${debian}`]);
  cpSync(join(root, "packages/files"), stage, { recursive: true });
  cpSync(join(root, "packages/examples"), join(stage, DOC, "examples"), { recursive: true });
  documents(components(isArm), version, time);
  for (const path of [stage, ...below(stage)]) lutimesSync(path, time, time);
}

/** What stands for loaders of a PC on an aarch64 machine. */
const onArm: Readonly<Record<string, readonly string[]>> = {
  "grub-efi-amd64-bin": ["grub-efi-arm64-bin"],
  "grub-pc-bin": [],
  isolinux: [],
  "syslinux-common": [],
};

/** What a backup to an ISO needs, from the list for this repository's own use: programs, and boot loaders for discs. */
function debianNeeds(): { readonly depends: readonly string[]; readonly recommends: readonly string[] } {
  const list = readFileSync(join(root, ".ci/packages-iso"), "utf8");
  const all = list.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  // An aarch64 machine has no BIOS.
  const names = isArm ? all.flatMap((name) => onArm[name] ?? name) : all;
  const isLoader = (name: string) => /^(grub|isolinux|syslinux)/.test(name);
  const libraries = ["libc6 (>= 2.28)", "libgcc-s1 | libgcc1", "libstdc++6"];
  return { depends: [...libraries, ...names.filter((name) => !isLoader(name))], recommends: names.filter(isLoader) };
}

function makeDeb(version: string, env: Record<string, string>): string {
  const tree = join(out, "deb");
  rmSync(tree, { recursive: true, force: true });
  run(["cp", "-a", stage, tree]);
  const { depends, recommends } = debianNeeds();
  const kilobytes = run(["du", "-sk", "--apparent-size", stage]).split("\t")[0];
  const control = `Package: mondo
Version: ${version}-${release}
Architecture: ${debian}
Maintainer: ${MAINTAINER}
Installed-Size: ${kilobytes}
Section: admin
Priority: optional
Depends: ${depends.join(", ")}
Recommends: ${recommends.join(", ")}
Conflicts: mindi
Replaces: mindi
Description: bare-metal disaster recovery
 mondo backs up a running Linux server to a bootable disc and brings it back
 on a blank disk: the same partitions and UUIDs, the same files with all their
 attributes, booting by itself. It also answers to mondoarchive, mondorestore
 and mindi.
`;
  const files = below(stage).map((path) => path.slice(stage.length));
  const conffiles = files.filter(
    (path) => /^\/etc\/.*\/[^/]+$/.test(path) && !files.some((other) => other.startsWith(`${path}/`)),
  );
  mkdirSync(join(tree, "DEBIAN"));
  writeFileSync(join(tree, "DEBIAN/control"), control);
  writeFileSync(join(tree, "DEBIAN/conffiles"), conffiles.map((path) => `${path}\n`).join(""));
  for (const script of readdirSync(join(root, "packages/deb"))) {
    writeFileSync(join(tree, "DEBIAN", script), readFileSync(join(root, "packages/deb", script)), { mode: 0o755 });
  }
  const file = `mondo_${version}-${release}_${debian}.deb`;
  run(["dpkg-deb", "--root-owner-group", ...packed.deb, "--threads-max=1", "--build", tree, join(out, file)], env);
  rmSync(tree, { recursive: true });
  return file;
}

function makeRpm(version: string, env: Record<string, string>): string {
  const top = join(out, "rpm");
  rmSync(top, { recursive: true, force: true });
  const defines = {
    _topdir: top,
    mondo_version: version,
    mondo_release: release,
    mondo_license: wholeLicense(components(isArm)),
    mondo_root: stage,
    _binary_payload: packed.rpm,
  };
  const given = Object.entries(defines).flatMap(([name, value]) => ["--define", `${name} ${value}`]);
  run(["rpmbuild", "-bb", "--quiet", "--target", `${machine}-linux`, ...given, "packages/rpm/mondo.spec"], env);
  const file = `mondo-${version}-${release}.${machine}.rpm`;
  renameSync(join(top, `RPMS/${machine}`, file), join(out, file));
  rmSync(top, { recursive: true, force: true });
  if (key !== undefined) {
    run(["rpmsign", "--define", `_gpg_name ${key}`, "--define", "__gpg /usr/bin/gpg", "--addsign", join(out, file)]);
  }
  return file;
}

function signSums(files: readonly string[]): void {
  const sums = files.map((file) => `${sha256(readFileSync(join(out, file)))}  ${file}\n`).join("");
  const path = join(out, "SHA256SUMS");
  writeFileSync(path, sums);
  rmSync(`${path}.asc`, { force: true });
  if (key !== undefined) run(["gpg", "--batch", "--yes", "--local-user", key, "--armor", "--detach-sign", path]);
}

if (words.arch !== undefined && !["amd64", "arm64"].includes(words.arch)) {
  throw new Error(`--arch ${words.arch}: amd64 or arm64`);
}
if (!existsSync(join(dist, "mondo.cpio.zst"))) throw new Error(`${dist}/mondo.cpio.zst is missing: run make dist`);
if (!/^[0-9][0-9A-Za-z.+~]*$/.test(release)) throw new Error(`--release ${release}: write a number, such as 2`);
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
const epoch = process.env.SOURCE_DATE_EPOCH ?? run(["git", "log", "-1", "--format=%ct"]);
fillStage(version, Number(epoch));
const env = { SOURCE_DATE_EPOCH: epoch, LC_ALL: "C", TZ: "UTC" };
const files = [makeDeb(version, env), makeRpm(version, env)];
rmSync(stage, { recursive: true });
signSums(files);
for (const file of files) process.stdout.write(`${relative(root, join(out, file))}\n`);
