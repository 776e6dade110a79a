import { requireRoot } from "../backup/checks.ts";
import { describeHost } from "../backup/describe-host.ts";
import { imageRequestOf } from "../backup/image-request.ts";
import { rescueDirectory } from "../backup/stick/stick-contents.ts";
import { withStick } from "../backup/stick/with-stick.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { bootWordsOf } from "../base/plain-boot-words.ts";
import { formatDuration } from "../base/units.ts";
import { loadKernel } from "../host/kexec.ts";
import { selfPath } from "../host/self.ts";
import { buildImage, prepareImage, showSizes } from "../image/build-image.ts";
import { chooseKernel } from "../image/choose-kernel.ts";
import { prepareConstant } from "../image/constant.ts";
import { entryWords, installEntry, placeFiles, removeEntry } from "../image/rescue-entry.ts";
import { mountlist } from "../layout/mountlist.ts";
import { probeMachine } from "../probe/probe.ts";
import type { Command, CommandContext } from "./command.ts";
import { rescueStickOf, stickFilesystemOption } from "./medium-options.ts";
import { additionsOf, rescueOptions } from "./rescue-options.ts";
import type { CommandSpec } from "./spec.ts";

const CACHE = "/var/cache/mondo";

const imageSpec: CommandSpec = {
  name: "image",
  alsoCalled: ["mindi"],
  summary: msg`build the rescue system alone: kernel and initrd`,
  usage: "[-d DIR] [-k KERNEL] [--usb DEVICE]",
  description: [
    msg`Builds the rescue system of this machine, without a backup, as DIR/vmlinuz and DIR/initrd.img. Every tool is started once to prove that it works there.`,
    msg`With --install the machine can be restored without a medium to start from: its own boot menu offers the rescue system, which finds the backup on a disk, a stick or a server.`,
  ],
  options: [
    {
      letter: "d",
      long: "dir",
      value: "DIR",
      completes: "directory",
      help: msg`where the files go (default: ${CACHE})`,
    },
    {
      letter: "k",
      long: "kernel",
      value: "FILE",
      completes: "file",
      help: msg`kernel to take; FAILSAFE takes the distribution's kernel package (default: the running one)`,
    },
    ...rescueOptions,
    {
      long: "install",
      help: msg`put it beside this machine's own systems, too, as an entry of the boot menu (GRUB 2, BLS, systemd-boot) that asks before it does anything; done again, it is renewed`,
    },
    {
      long: "usb",
      value: "DEVICE",
      completes: "file",
      help: msg`put it on a USB stick, too, which boots by BIOS and UEFI; a stick with backups keeps them, one without takes some later. DEVICE is /dev/sdX, if it is empty; serial:NUMBER, which erases what it holds; or an image file for dd, made with -s SIZE`,
    },
    stickFilesystemOption,
    {
      letter: "s",
      long: "size",
      value: "SIZE",
      help: msg`with --usb: how much of a new stick is used (default: all), or how large an image file becomes`,
    },
    { long: "remove", help: msg`take that entry out of the boot menu, and its files away` },
    {
      long: "kexec",
      help: msg`load it for the next restart (systemctl kexec), which then leaves out firmware and boot menu, once`,
    },
    {
      long: "words",
      value: "WORDS",
      help: msg`with --install or --kexec: further boot words, separated by blanks, such as mondo.source=NAS:/BACKUP`,
    },
    { long: "findkernel", help: msg`print the path of the kernel that would be taken, and stop` },
    {
      long: "makemountlist",
      value: "FILE",
      completes: "file",
      help: msg`write Mondo's mountlist.txt of this machine to FILE, and stop (mondo layout --mountlist prints it)`,
    },
    {
      long: "prepare",
      value: "DIR",
      completes: "directory",
      help: msg`pack the part that all images share, DIR/mondo or else this program, into DIR, as small as it gets, and stop (make dist)`,
    },
    { long: "quick", help: msg`with --prepare: pack in a tenth of the time, 4 MB larger (for developers)` },
    { long: "json", help: msg`report progress as JSON, one object per line` },
  ],
  examples: [
    { line: "mondo image --install", does: msg`the rescue system as an entry of this machine's boot menu` },
    { line: "mindi --usb /dev/sdb", does: msg`a USB stick that boots into it` },
    { line: "mondo image -d /srv/tftp", does: msg`vmlinuz and initrd.img for this machine in /srv/tftp` },
  ],
};

/** A rescue system in its files. */
interface Built {
  readonly kernel: string;
  readonly initrd: string;
  /** The machine that it is made for. */
  readonly machine: string;
}

/** Builds it, and puts it where the words say; on a stick last: that may erase one. */
async function build(context: CommandContext): Promise<number> {
  const { host, reporter, words } = context;
  const stick = rescueStickOf(words);
  const furtherWords = wordsOf(words);
  const built = await buildFiles(context);
  const { kernel, initrd } = built;
  if (words.flags.has("install")) {
    const place = await installEntry(host, { kernel, initrd, words: furtherWords }, reporter);
    reporter.step(msg`The boot menu offers it, from ${place}`);
  }
  if (words.flags.has("kexec")) {
    loadKernel(kernel, initrd, entryWords(furtherWords));
    reporter.step(msg`It is loaded: systemctl kexec starts it`);
  }
  if (stick !== undefined) {
    await withStick(host, stick, reporter, async (place) => placeOnStick(context, built, place));
  }
  return 0;
}

async function buildFiles({ host, reporter, words }: CommandContext): Promise<Built> {
  const additions = additionsOf(words);
  const directory = words.values.get("dir") ?? CACHE;
  if (words.values.has("dir") && host.stat(directory)?.kind !== "directory") {
    throw new MondoError("not-found", msg`-d ${directory} is not a directory`, { hint: msg`Make it first.` });
  }
  const started = host.nowMs();
  const layout = await probeMachine(host, "/");
  const seed = { set: "", host: describeHost(host, "/").name, created: Math.floor(started / 1000) };
  const kernel = words.values.get("kernel");
  const request = imageRequestOf(layout, seed, {
    kernel,
    additions,
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
    msg`${kernelPath} (${kernelVersion}) and ${initrdPath}, ${formatDuration((host.nowMs() - started) / 1000)}`,
  );
  return { kernel: kernelPath, initrd: initrdPath, machine: seed.host };
}

/** `stick`: where its file system with the sets is mounted. */
function placeOnStick({ host, reporter }: CommandContext, { kernel, initrd, machine }: Built, stick: string): void {
  const home = rescueDirectory(machine);
  host.makeDirectory(`${stick}${home}`, 0o700);
  placeFiles(host, `${stick}${home}`, { kernel, initrd });
  reporter.step(msg`The stick has it in ${home}`);
}

/** The words of `--words`, checked before anything is built. */
function wordsOf(words: CommandContext["words"]): readonly string[] {
  const text = words.values.get("words");
  if (text === undefined) return [];
  if (!words.flags.has("install") && !words.flags.has("kexec")) {
    throw new MondoError("usage", msg`--words makes sense with --install or --kexec only`, {
      hint: msg`Add one of them.`,
    });
  }
  return bootWordsOf(text);
}

async function remove({ host, reporter, words }: CommandContext): Promise<number> {
  const other = [...words.flags, ...words.values.keys()].find((key) => key !== "remove" && key !== "json");
  if (other !== undefined) {
    throw new MondoError("usage", msg`--remove and --${other} contradict each other`, {
      hint: msg`Give --remove alone.`,
    });
  }
  const wasThere = await removeEntry(host, reporter);
  reporter.step(wasThere ? msg`The boot menu is as it was` : msg`The boot menu has no entry of mondo`);
  return 0;
}

/** `mondo image`, `mindi`. */
export const imageCommand: Command = {
  spec: imageSpec,
  async run(context) {
    const { host, reporter, words, write } = context;
    const prepare = words.values.get("prepare");
    if (prepare !== undefined) {
      const built = host.exists(`${prepare}/mondo`) ? `${prepare}/mondo` : selfPath();
      await prepareConstant(host, built, prepare, words.flags.has("quick"));
      return 0;
    }
    requireRoot();
    if (words.flags.has("remove")) return await remove(context);
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
