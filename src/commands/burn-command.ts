import { requireRoot } from "../backup/checks.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { burnImages, discImage } from "../discs/burn-images.ts";
import { requireBurnTool } from "../discs/burners.ts";
import { absolutePath } from "./absolute-path.ts";
import { burnWorld } from "./archive-to-discs.ts";
import type { Command } from "./command.ts";
import { speedOf } from "./disc-options.ts";
import type { CommandSpec } from "./spec.ts";
import { interruptionOf, stoppable } from "./stoppable.ts";

const burnSpec: CommandSpec = {
  name: "burn",
  summary: msg`write the images of a backup to discs`,
  usage: "IMAGE… [-d DRIVE] [OPTION]…",
  description: [
    msg`Writes each image to a CD, DVD or BD of its own, reads the disc back and holds it against the image, byte by byte. The next disc is asked for. A disc that can't be written or read back is named, and the image goes to another one.`,
    msg`A disc that holds something is refused; a rewritable one is erased after a yes, or with --blank. An image that is longer than its disc is never written.`,
  ],
  operands: "IMAGE…",
  operandCompletes: "file",
  options: [
    {
      letter: "d",
      long: "device",
      value: "DRIVE",
      completes: "file",
      help: msg`the drive, such as /dev/sr0 (default: the only one that writes)`,
    },
    { long: "speed", value: "N", help: msg`how fast; 1 is the slowest (default: as fast as drive and disc can)` },
    {
      long: "blank",
      help: msg`erase what rewritable discs hold without a question, but never another disc of the same backup`,
    },
    { letter: "m", long: "manual-tray", help: msg`a person alone moves the tray` },
    { letter: "e", long: "no-eject", help: msg`leave discs in the drive` },
  ],
  examples: [
    { line: "mondo burn /srv/backup/web1-*.iso", does: msg`all media of a backup` },
    { line: "mondo burn -d /dev/sr1 --speed 4 web1-2.iso", does: msg`one again, slowly` },
  ],
};

/** `mondo burn`. */
export const burnCommand: Command = {
  spec: burnSpec,
  async run({ host, reporter, words }) {
    const paths = words.operands.map((path) => host.realPath(path) ?? path);
    if (paths.length === 0) throw new MondoError("usage", msg`no image is named`, { hint: msg`Name the ISO files.` });
    const speed = speedOf(words.values.get("speed"), "--speed");
    const named = words.values.get("device");
    requireRoot();
    requireBurnTool(host);
    const images = paths.map((path) => discImage(host, path));
    const device = named === undefined ? undefined : absolutePath(named, "-d");
    const isManual = words.flags.has("manual-tray");
    await stoppable(interruptionOf(msg`the burning`), (signal) =>
      burnImages(burnWorld(host, { device, isManual }, reporter, signal), images, {
        families: ["CD", "DVD", "BD"],
        blank: words.flags.has("blank"),
        eject: !isManual && !words.flags.has("no-eject"),
        ...(speed === undefined ? {} : { speed }),
      }),
    );
    return 0;
  },
};
