/**
 * src/main.ts → dist/mondo, one executable; with ARCH=arm64 in the environment dist/arm64/mondo, for aarch64. Another
 * entry and output can be named: bun build.ts ENTRY OUTPUT.
 *
 * esbuild bundles first, to replace the loaders of both native addons, which look theirs up at run time: the built addon
 * becomes a plain file of the executable, which src/host/embedded-addon.ts loads when it is first needed.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { build, type Plugin } from "esbuild";

const root = import.meta.dirname;
const modules = join(root, "node_modules");
const architecture = process.env.ARCH === "arm64" ? "arm64" : "x64";
/** What of the executable is machine code: runtime and addons. */
const native = {
  x64: {
    // The bun that runs this script: the baseline build, which starts on CPUs without AVX2.
    runtime: process.execPath,
    target: "bun-linux-x64-baseline",
    zstd: join(modules, "zstd-napi/build/Release/binding.node"),
    lzma: join(modules, "@napi-rs/lzma-linux-x64-gnu/lzma.linux-x64-gnu.node"),
    directory: "dist",
  },
  arm64: {
    runtime: join(root, ".cache/arm64/node_modules/@oven/bun-linux-aarch64/bin/bun"),
    target: "bun-linux-arm64",
    zstd: join(root, ".cache/arm64/zstd.node"),
    lzma: join(root, ".cache/arm64/node_modules/@napi-rs/lzma-linux-arm64-gnu/lzma.linux-arm64-gnu.node"),
    directory: "dist/arm64",
  },
}[architecture];
const addons: readonly { readonly name: string; readonly loader: RegExp; readonly file: string }[] = [
  { name: "zstd", loader: /zstd-napi[\\/]binding\.js$/, file: native.zstd },
  { name: "lzma", loader: /@napi-rs[\\/]lzma[\\/]index\.js$/, file: native.lzma },
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

/** A module of a package with some of its text replaced; a text that isn't there ends the build. */
function patched(path: string, replacements: readonly (readonly [string, string])[]) {
  const contents = replacements.reduce(
    (text, [from, to]) => {
      if (!text.includes(from)) throw new Error(`${path} has no ${from}: look at what build.ts patches in it`);
      return text.replaceAll(from, to);
    },
    readFileSync(path, "utf8"),
  );
  return { contents, resolveDir: dirname(path) };
}

/**
 * ink and yoga wait at the top of modules, which a bundle of CommonJS can't. Yoga gets a promise instead, which
 * src/ui/screens/load-drawer.ts waits for; ink's tools for developers are left out.
 */
const lazyInk: Plugin = {
  name: "lazy-ink",
  setup(builder) {
    builder.onLoad({ filter: /ink[\\/]build[\\/]devtools\.js$/ }, () => ({ contents: "export {}" }));
    builder.onLoad({ filter: /ink[\\/]build[\\/]reconciler\.js$/ }, ({ path }) =>
      patched(path, [
        ["process.env['DEV'] === 'true'", "false"],
        ["import.meta.resolve('react-devtools-core')", ""],
        ["await import('./devtools.js')", "0"],
        ["await loadPackageJson()", "packageInfo"],
      ]),
    );
    builder.onLoad({ filter: /yoga-layout[\\/]dist[\\/]src[\\/]index\.js$/ }, ({ path }) =>
      patched(path, [
        [
          "const Yoga = wrapAssembly(await loadYoga());",
          "const Yoga = {};\nexport const ready = loadYoga().then((it) => void Object.assign(Yoga, wrapAssembly(it)));",
        ],
      ]),
    );
  },
};

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
const dirty = output(["git", "status", "--porcelain", "--untracked-files=no"]) !== "";
const commit = `${output(["git", "rev-parse", "--short=12", "HEAD"]) || "unknown"}${dirty ? "+" : ""}`;
const dist = join(root, native.directory);
const usual = `${native.directory}/mondo`;
const [entry = "src/main.ts", product = usual] = process.argv.slice(2);
const executable = resolve(root, product);
const bundle = product === usual ? join(dist, "main.js") : `${executable}.js`;
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
  define: {
    MONDO_VERSION: JSON.stringify(version),
    MONDO_COMMIT: JSON.stringify(commit),
    MONDO_ARCHITECTURE: JSON.stringify(architecture),
    "process.env.NODE_ENV": '"production"',
  },
  // host/threads.ts reads import.meta only when it runs from source.
  logOverride: { "empty-import-meta": "silent" },
  plugins: [embeddedAddons, lazyInk],
});

/** `node_modules/@noble/hashes/sha2.js` → `@noble/hashes`. */
const packageOf = (path: string) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [];

// What of other people is in the executable: `make packages` tells its licences.
const packages = [...new Set(Object.keys(metafile.inputs).flatMap(packageOf))].sort();
if (product === usual) writeFileSync(join(dist, "bundled.json"), `${JSON.stringify(packages, null, 2)}\n`);

const compile = Bun.spawnSync(
  [
    process.execPath,
    "build",
    bundle,
    "--compile",
    `--target=${native.target}`,
    `--compile-executable-path=${native.runtime}`,
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
for (const name of product === usual ? ["mondoarchive", "mondorestore", "mindi"] : []) {
  rmSync(join(dist, name), { force: true });
  symlinkSync("mondo", join(dist, name));
}
process.stdout.write(`${product} ${version} (${commit})\n`);
