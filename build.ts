/**
 * src/main.ts → dist/mondo, one executable. Another entry and output can be named: bun build.ts ENTRY OUTPUT.
 *
 * esbuild bundles first, to replace the loaders of both native addons, which look theirs up at run time: the built addon
 * becomes a plain file of the executable, which src/host/embedded-addon.ts loads when it is first needed.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { build, type Plugin } from "esbuild";

const root = import.meta.dirname;
const modules = join(root, "node_modules");
const addons: readonly { readonly name: string; readonly loader: RegExp; readonly file: string }[] = [
  { name: "zstd", loader: /zstd-napi[\\/]binding\.js$/, file: join(modules, "zstd-napi/build/Release/binding.node") },
  {
    name: "lzma",
    loader: /@napi-rs[\\/]lzma[\\/]index\.js$/,
    file: join(modules, "@napi-rs/lzma-linux-x64-gnu/lzma.linux-x64-gnu.node"),
  },
];

function output(argv: string[]): string {
  const result = Bun.spawnSync(argv, { cwd: root });
  return result.exitCode === 0 ? result.stdout.toString().trim() : "";
}

const embeddedAddons: Plugin = {
  name: "embedded-addons",
  setup(builder) {
    const source = JSON.stringify(join(root, "src/host/embedded-addon.ts"));
    for (const { name, loader, file } of addons) {
      if (!existsSync(file)) throw new Error(`${file} is missing: run make dist (it needs g++)`);
      // Bun's loader "file" makes a path of this `require`, which stays in the bundle: from there, the same everywhere.
      const path = JSON.stringify(`./${relative(dirname(bundle), file)}`);
      const contents = `module.exports = require(${source}).loadAddon("${name}", require(${path}));`;
      builder.onLoad({ filter: loader }, () => ({ contents }));
    }
  },
};

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
const dirty = output(["git", "status", "--porcelain", "--untracked-files=no"]) !== "";
const commit = `${output(["git", "rev-parse", "--short=12", "HEAD"]) || "unknown"}${dirty ? "+" : ""}`;
const dist = join(root, "dist");
const [entry = "src/main.ts", product = "dist/mondo"] = process.argv.slice(2);
const executable = resolve(root, product);
const bundle = product === "dist/mondo" ? join(dist, "main.js") : `${executable}.js`;
mkdirSync(dirname(executable), { recursive: true });

const { metafile } = await build({
  entryPoints: [resolve(root, entry)],
  outfile: bundle,
  bundle: true,
  metafile: true,
  platform: "node",
  format: "cjs",
  target: "esnext",
  external: ["bun", "bun:*", "*.node"],
  // Where node_modules is a link, too, the same executable comes out.
  preserveSymlinks: true,
  loader: { ".txt": "text", ".cfg": "text", ".conf": "text", ".list": "text" },
  define: { MONDO_VERSION: JSON.stringify(version), MONDO_COMMIT: JSON.stringify(commit) },
  // host/threads.ts reads import.meta only when it runs from source.
  logOverride: { "empty-import-meta": "silent" },
  plugins: [embeddedAddons],
});

/** `node_modules/@noble/hashes/sha2.js` → `@noble/hashes`. */
const packageOf = (path: string) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [];

// What of other people is in the executable: `make packages` tells its licences.
const packages = [...new Set(Object.keys(metafile.inputs).flatMap(packageOf))].sort();
if (product === "dist/mondo") writeFileSync(join(dist, "bundled.json"), `${JSON.stringify(packages, null, 2)}\n`);

// The bun that runs this script embeds itself: the baseline build, which starts on CPUs without AVX2.
const compile = Bun.spawnSync(
  [
    process.execPath,
    "build",
    bundle,
    "--compile",
    "--minify",
    "--bytecode",
    "--loader",
    ".node:file",
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    "--outfile",
    executable,
  ],
  { cwd: root, stdout: "pipe", stderr: "pipe" },
);
if (compile.exitCode !== 0) throw new Error(`bun build failed: ${compile.stderr.toString()}`);
chmodSync(executable, 0o755);
for (const name of product === "dist/mondo" ? ["mondoarchive", "mondorestore", "mindi"] : []) {
  rmSync(join(dist, name), { force: true });
  symlinkSync("mondo", join(dist, name));
}
process.stdout.write(`${product} ${version} (${commit})\n`);
