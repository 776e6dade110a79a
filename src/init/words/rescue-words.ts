import { RECENT_DAYS } from "../../archive/verify/reading-note.ts";
import { msg } from "../../base/message.ts";
import { KEEP_MEANING, parseKeepWish } from "../../layout/keep/keep-wish.ts";
import { parsePort } from "../../status/open-status-page.ts";
import { type BootWordTable, flag, lastOf, lastOr, switchOff } from "./boot-word.ts";
import {
  parseAnswersPlace,
  parseCheck,
  parseFilePlace,
  parseKeyboard,
  parseLanguage,
  parseModuleList,
  parseRequestName,
  parseResume,
  parseSetId,
  parseUi,
} from "./word-values.ts";

/** The words about the set, the restore and this machine; an entry here is an option of the same name. */
export const rescueWords = {
  textOnly: flag(["textonly"], msg`plain lines, nothing that redraws itself`),
  ui: lastOf({
    name: "mondo.ui=",
    syntax: "mondo.ui=full | mondo.ui=plain",
    meaning: msg`ask on full screens, on the console where a key is pressed, or by plain lines on all of them (default: full where there is one console)`,
    parse: parseUi,
  }),
  keyboard: {
    ...lastOf({
      name: "keymap=",
      syntax: "keymap=NAME",
      meaning: msg`layout of the keyboard: de, fr, gb, us …, or what vconsole.conf calls it (default: that of the saved machine)`,
      parse: parseKeyboard,
    }),
    names: ["keymap=", "mondo.keymap="],
  },
  language: lastOf({
    name: "lang=",
    syntax: "lang=en | lang=fr | lang=fr.ASCII",
    meaning: msg`language of screens and messages; .ASCII: without accents, for terminals that don't know them (default: that of the saved machine)`,
    parse: parseLanguage,
  }),
  resize: switchOff("noresize", msg`keep every size: do not fit them to larger or smaller disks`),
  partition: switchOff("nopart", msg`keep the partition tables that are on the disks; restore into their partitions`),
  keep: lastOf({
    name: "mondo.keep=",
    syntax: "mondo.keep=auto | mondo.keep=none | mondo.keep=/SRV,SDB",
    meaning: KEEP_MEANING,
    parse: parseKeepWish,
  }),
  eject: switchOff("donteject", msg`leave the medium in its drive at the end`),
  set: lastOf({
    name: "mondo.set=",
    syntax: "mondo.set=UUID",
    meaning: msg`the backup set to look for`,
    parse: parseSetId,
  }),
  luksKey: lastOf({
    name: "mondo.luks-key=",
    syntax: "mondo.luks-key=DEVICE:/PATH",
    meaning: msg`key file that opens the set's encrypted volumes; DEVICE is LABEL=KEYS, UUID=… or /dev/sdb1`,
    parse: parseFilePlace,
  }),
  withoutDamaged: flag(
    ["mondo.without-damaged"],
    msg`let a restore go on where files of the backup are damaged, without them; they are listed at the end`,
  ),
  hooks: switchOff("mondo.no-hooks", msg`do not call the programs that the backup brings for its restore`),
  check: lastOf({
    name: "mondo.check=",
    syntax: "mondo.check=before | mondo.check=during | mondo.check=recent",
    meaning: msg`when a restore reads and checks the backup: all of it before anything is written, or once, while it is restored (default: during where all disks that it writes to are blank, else before); recent: once, too, where mondo verify --note has read these very files through within the last ${RECENT_DAYS} days; damage that came since then is found when the disks are already written to`,
    parse: parseCheck,
  }),
  statusPage: lastOf({
    name: "mondo.status-page=",
    syntax: "mondo.status-page=PORT",
    meaning: msg`show how the restore goes in a browser: https://ADDRESS:PORT/ for whoever types the code that the console shows; it answers no question, unless allow is chosen in the menu at the console`,
    parse: parsePort,
  }),
  resume: lastOf({
    name: "mondo.resume=",
    syntax: "mondo.resume=auto | mondo.resume=no",
    meaning: msg`a restore of this backup onto these disks that was cut off: auto goes on with it, keeping what is in place and has the backup's content; no starts anew (default: interactive asks, nuke starts anew)`,
    parse: parseResume,
  }),
  shell: flag(["mondo.shell"], msg`a shell before anything else happens`),
  debug: flag(["mondo.debug"], msg`show the log and the kernel's messages on the console`),
  forceModules: lastOr(
    {
      name: "mondo.forcemods=",
      syntax: "mondo.forcemods=A,B",
      meaning: msg`load these kernel modules first`,
      parse: parseModuleList,
    },
    [],
  ),
  denyModules: lastOr(
    {
      name: "mondo.denymods=",
      syntax: "mondo.denymods=A,B",
      meaning: msg`never load these kernel modules`,
      parse: parseModuleList,
    },
    [],
  ),
  answers: lastOf({
    name: "mondo.answers=",
    syntax: "mondo.answers=URL | DEVICE:/PATH | /PATH",
    meaning: msg`answers to the questions of a restore, as JSON: mode, disks, luksKey, end …; /PATH lies beside the set; in a directory (/ at its end) the file is MAC.json or default.json`,
    parse: parseAnswersPlace,
  }),
  once: lastOf({
    name: "mondo.once=",
    syntax: "mondo.once=NAME",
    meaning: msg`let nuke restore each machine only once: one that was restored under this name boots from its disk`,
    parse: parseRequestName,
  }),
} as const satisfies BootWordTable;
