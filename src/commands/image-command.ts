import { requireRoot } from "../backup/checks.ts";
import { describeHost } from "../backup/describe-host.ts";
import { imageRequestOf } from "../backup/image-request.ts";
import { MondoError } from "../base/errors.ts";
import { formatDuration } from "../base/units.ts";
import { selfPath } from "../host/self.ts";
import { buildImage, prepareImage, showSizes } from "../image/build-image.ts";
import { chooseKernel } from "../image/choose-kernel.ts";
import { prepareConstant } from "../image/constant.ts";
import { mountlist } from "../layout/mountlist.ts";
import { probeMachine } from "../probe/probe.ts";
import type { Command, CommandContext } from "./command.ts";
import type { CommandSpec } from "./spec.ts";

const CACHE = "/var/cache/mondo";

const imageSpec: CommandSpec = {
  name: "image",
  alsoCalled: ["mindi"],
  summary: "build the rescue system alone: kernel and initrd",
  usage: "[-d DIR] [-k KERNEL]",
  description: [
    "Builds the rescue system of this machine, without a backup, as DIR/vmlinuz and DIR/initrd.img. Every tool is started once to prove that it works there.",
  ],
  options: [
    {
      letter: "d",
      long: "dir",
      value: "DIR",
      completes: "directory",
      help: `where the files go (default: ${CACHE})`,
    },
    {
      letter: "k",
      long: "kernel",
      value: "FILE",
      completes: "file",
      help: "kernel to take; FAILSAFE takes Debian's kernel package (default: the running one)",
    },
    { long: "findkernel", help: "print the path of the kernel that would be taken, and stop" },
    {
      long: "makemountlist",
      value: "FILE",
      completes: "file",
      help: "write Mondo's mountlist.txt of this machine to FILE, and stop (mondo layout --mountlist prints it)",
    },
    {
      long: "prepare",
      value: "DIR",
      completes: "directory",
      help: "pack the part that all images share into DIR, as small as it gets, and stop (make dist)",
    },
    { long: "quick", help: "with --prepare: pack in a tenth of the time, 4 MB larger (for developers)" },
    { long: "json", help: "report progress as JSON, one object per line" },
  ],
  examples: [{ line: "mondo image -d /srv/tftp", does: "vmlinuz and initrd.img for this machine in /srv/tftp" }],
};

async function build({ host, reporter, words }: CommandContext): Promise<number> {
  const directory = words.values.get("dir") ?? CACHE;
  if (words.values.has("dir") && host.stat(directory)?.kind !== "directory") {
    throw new MondoError("not-found", `-d ${directory} is not a directory`, { hint: "Make it first." });
  }
  const started = host.nowMs();
  const layout = await probeMachine(host, "/");
  const seed = { set: "", host: describeHost(host, "/").name, created: Math.floor(started / 1000) };
  const kernel = words.values.get("kernel");
  const request = imageRequestOf(layout, seed, {
    kernel,
    outputDirectory: directory,
    cacheDirectory: CACHE,
    executable: selfPath(),
  });
  const { kernelPath, initrdPath, kernelVersion, groups } = await buildImage(
    host,
    await prepareImage(host, request, reporter),
    reporter,
  );
  for (const line of showSizes(groups)) reporter.info(line);
  reporter.step(
    `${kernelPath} (${kernelVersion}) and ${initrdPath}, ${formatDuration((host.nowMs() - started) / 1000)}`,
  );
  return 0;
}

/** `mondo image`, `mindi`. */
export const imageCommand: Command = {
  spec: imageSpec,
  async run(context) {
    const { host, reporter, words, write } = context;
    const prepare = words.values.get("prepare");
    if (prepare !== undefined) {
      await prepareConstant(host, selfPath(), prepare, words.flags.has("quick"));
      return 0;
    }
    requireRoot();
    const list = words.values.get("makemountlist");
    if (list !== undefined) {
      host.write(list, mountlist(await probeMachine(host, "/")), 0o600);
      return 0;
    }
    if (words.flags.has("findkernel")) {
      const kernel = await chooseKernel(
        host,
        { root: "/", kernel: words.values.get("kernel"), cacheDirectory: CACHE },
        reporter,
      );
      write(`${kernel.path}\n`);
      return 0;
    }
    return await build(context);
  },
};
