/**
 * bun test/support/make-initrd.ts OUT [EXECUTABLE] [KERNEL|FAILSAFE|-] [ARCHIVE-PATH=FILE ...]
 *
 * Makes OUT/vmlinuz and OUT/initrd.img of this machine with EXECUTABLE (dist/mondo) as /init, for tests that boot it
 * with
 * -kernel and -initrd. Warm it takes about 2 s. MONDO_NEEDS: tools wanted besides the base list, space-separated.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { silentReporter } from "../../src/base/report.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { buildImage, prepareImage, showSizes } from "../../src/image/build-image.ts";

const [out = "out/initrd", executable = "dist/mondo", kernel = "-", ...files] = process.argv.slice(2);
const say = (text: string) => process.stdout.write(`${text}\n`);
const tools = (process.env.MONDO_NEEDS ?? "").split(" ").filter((name) => name !== "");
const started = performance.now();
const host = linuxHost();
const reporter = {
  ...silentReporter,
  step: say,
  info: say,
  warn: say,
  log: process.env.MONDO_VERBOSE ? say : () => {},
};
const draft = await prepareImage(
  host,
  {
    root: "/",
    kernel: kernel === "-" ? undefined : kernel,
    needs: [{ tools, modules: [] }],
    files: new Map(
      files.map((pair) => {
        const at = pair.indexOf("=");
        return [pair.slice(0, at), new Uint8Array(readFileSync(pair.slice(at + 1)))];
      }),
    ),
    outputDirectory: resolve(out),
    cacheDirectory: process.env.MONDO_CACHE ?? "/var/cache/mondo",
    executable: resolve(executable),
  },
  reporter,
);
const result = await buildImage(host, draft, reporter);
for (const line of showSizes(result.groups)) say(line);
say(`${result.initrdPath} for ${result.kernelVersion} in ${((performance.now() - started) / 1000).toFixed(2)} s`);
