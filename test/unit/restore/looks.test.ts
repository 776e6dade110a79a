/**
 * How often the disks of a machine are read before the first write: once for the plan, and once by the guard right
 * before it.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { silentReporter } from "../../../src/base/report.ts";
import type { Host } from "../../../src/host/host.ts";
import type { RestoreContext } from "../../../src/restore/context.ts";
import { restoreInteractively } from "../../../src/restore/interactive.ts";
import { restoreUnattended } from "../../../src/restore/nuke.ts";
import { cachedLayout } from "../../support/cached-layout.ts";
import { blankDisks, fakeHost } from "../../support/fake-host.ts";

const GIB = 1 << 30;

interface Machine {
  readonly host: Host;
  /** What happened, in turn: `look` for each reading of all devices, `write`, and the programs that were started. */
  readonly done: string[];
}

/** A machine with one blank disk that can't be written to. */
function machine(): Machine {
  const done: string[] = [];
  const fake = fakeHost({ files: blankDisks({ vda: 9 * GIB }) });
  const host: Host = {
    ...fake,
    which: (tool) => `/sbin/${tool}`,
    list(path) {
      if (path === "/sys/class/block") done.push("look");
      return fake.list(path);
    },
    async run({ argv }) {
      done.push(argv[0] ?? "");
      return { code: 0, stdout: "", stderr: "" };
    },
    writeAt(path) {
      done.push("write");
      throw new MondoError("system", `write ${path}: input/output error`);
    },
    remove() {},
  };
  return { host, done };
}

/**
 * A restore whose set has no media to check; `answers` are given in turn, and every question with yes or no gets a yes.
 */
function contextOn(host: Host, answers: string[] = []): RestoreContext {
  const manifest = {
    ...{ set: "s", layout: cachedLayout(), created: 0, host: { name: "web1", os: "Debian" } },
    ...{ entries: 1, contentBytes: 1, volumes: [] },
  };
  return {
    ...{ host, manifest, reporter: silentReporter, media: {}, checkedMedia: new Set() },
    ...{ carriers: [], setDirectory: "/mnt/medium/mondo", root: "/mnt/restore", firmware: "bios" },
    ask: { menu: async () => answers.shift(), confirm: async () => true },
    countdown: async () => "elapsed",
  } as unknown as RestoreContext;
}

/** Seconds and texts of the countdowns before a restore onto a disk with `filled` bytes in its midst. */
async function countdowns(
  filled: number,
  more: Partial<RestoreContext>,
): Promise<readonly (readonly [number, string])[]> {
  const here = machine();
  const seen: (readonly [number, string])[] = [];
  const host: Host = {
    ...here.host,
    readAt: (path, offset, length) =>
      path === "/dev/vda" && length > 0
        ? new Uint8Array(length).fill(offset > 2 * GIB && offset < 7 * GIB ? filled : 0)
        : here.host.readAt(path, offset, length),
  };
  const countdown: RestoreContext["countdown"] = async (seconds, text) => {
    seen.push([seconds, text]);
    return "elapsed";
  };
  await upToFirstWrite(here, restoreUnattended({ ...contextOn(host), countdown, ...more }));
  return seen;
}

/** What was done until the first write failed. */
async function upToFirstWrite({ done }: Machine, work: Promise<unknown>): Promise<readonly string[]> {
  const error = await work.catch((cause: unknown) => cause);
  if (!/input\/output error/.test(String(error))) throw error;
  return done.slice(0, done.indexOf("write"));
}

test("restoreUnattended() looks at the disks once, and again right before the first write", async () => {
  const here = machine();
  assert.equal(await upToFirstWrite(here, restoreUnattended(contextOn(here.host))), ["look", "look"]);
});

test("restoreInteractively() looks once before the questions, once at a yes to what stands, and right before the first write", async () => {
  const here = machine();
  const answers = ["plan", "go"];
  const work = restoreInteractively(contextOn(here.host, answers));
  assert.equal(await upToFirstWrite(here, work), ["look", "look", "look"]);
  assert.equal(answers, []);
});

test("restoreInteractively() looks again when other disks are to be chosen, and not for each of them", async () => {
  const here = machine();
  const answers = ["disks", "/dev/vda", "back"];
  assert.is(await restoreInteractively(contextOn(here.host, answers)), "stopped");
  assert.equal(here.done, ["look", "look"]);
});

test("restoreUnattended() counts down and says what is lost, unless nothing is and nobody is there", async () => {
  const erased = "All that is on /dev/vda is ERASED, and web1 restored, in";
  assert.equal(await countdowns(7, {}), [[20, erased]]);
  assert.equal(await countdowns(7, { startsByItself: true }), [[20, erased]]);
  assert.equal(await countdowns(0, {}), [[20, "web1 is restored onto /dev/vda, which holds nothing, in"]]);
  assert.equal(await countdowns(0, { startsByItself: true }), []);
});

test.run();
