import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { silentReporter } from "../../../src/base/report.ts";
import { Secret } from "../../../src/base/secret.ts";
import type { Action, Effect } from "../../../src/effects/effect.ts";
import type { Command, Host } from "../../../src/host/host.ts";
import type { Candidate } from "../../../src/layout/candidate.ts";
import { renameDevicesIn } from "../../../src/layout/device-names.ts";
import type { Plan } from "../../../src/plan/restore-plan.ts";
import { executePlan } from "../../../src/run/execute.ts";
import { guardDisks, missingTools } from "../../../src/run/guard.ts";
import { splitMountOptions } from "../../../src/run/mount-options.ts";

const target = { path: "/dev/sda", sizeBytes: 1024, serial: "S" };

function planOf(...effects: Effect[]): Plan {
  const action: Action = { id: "a", node: "n", say: "Do it", destroys: [], effects };
  const phases = [{ phase: "partition", actions: [action] }] as const;
  return {
    version: 1,
    set: "s",
    root: "/mnt/restore",
    targets: {},
    disks: [target],
    volumes: [],
    layout: { version: 1, nodes: [] },
    sizes: [],
    warnings: [],
    phases,
  };
}

/** A machine with one disk, of which only what is asked for exists; it remembers what was done to it. */
function fakeHost(fail: (command: Command) => boolean = () => false): { host: Host; done: string[] } {
  const done: string[] = [];
  const sysfs: Record<string, string> = {
    "/sys/class/block/sda/size": "2",
    "/sys/class/block/sda/dev": "8:0",
    "/sys/class/block/sda/serial": "S",
  };
  const known: Partial<Host> = {
    tryReadText: (path) => sysfs[path],
    list: (path) => (path === "/sys/class/block" ? ["sda"] : []),
    exists: () => false,
    realPath: () => undefined,
    readAt: (_path, _offset, length) => new Uint8Array(length),
    lstat: () => undefined,
    stat: () => undefined,
    freeBytes: () => 0,
    which: (tool) => (tool === "absent" ? undefined : `/bin/${tool}`),
    makeDirectory: () => undefined,
    append: (_path, data) => void done.push(`journal ${(JSON.parse(String(data)) as { state: string }).state}`),
    writeAt: (path, offset, bytes) => void done.push(`write ${path} ${offset} ${bytes.byteLength}`),
    sync: () => undefined,
    nowMs: () => 0,
    async run(command) {
      done.push(`run ${command.argv.join(" ")}`);
      if (fail(command)) throw new MondoError("tool-failed", `${command.argv[0]} failed with exit code 1: no reason`);
      return { code: 0, stdout: "", stderr: "" };
    },
  };
  const host = new Proxy(known as Host, {
    get(from, name) {
      const value = from[name as keyof Host];
      if (value === undefined) throw new Error(`the test's machine was asked for ${String(name)}`);
      return value;
    },
  });
  return { host, done };
}

const contextOf = (host: Host) => ({ host, reporter: silentReporter, unpack: async () => undefined });

async function failure(work: Promise<unknown>): Promise<MondoError> {
  try {
    await work;
  } catch (error) {
    assert.instance(error, MondoError);
    return error as MondoError;
  }
  throw new Error("did not fail");
}

// The drivers' version tools are asked while the disks are read.
const effectsOf = (done: readonly string[]) => done.filter((line) => !/ (-V|-v|--version)$/.test(line));

test("executePlan() carries effects out in order and keeps a journal", async () => {
  const { host, done } = fakeHost();
  const ranges = [[0, 10]] as const;
  const plan = planOf(
    { do: "wipe", path: "/dev/sda", ranges },
    { do: "run", argv: ["mkswap", "/dev/sda1"], writes: ["/dev/sda1"] },
  );
  await executePlan(plan, contextOf(host));
  const expected = [
    "journal begin",
    "journal begin",
    "write /dev/sda 0 10",
    "run mkswap /dev/sda1",
    "journal done",
    "journal done",
  ];
  assert.equal(effectsOf(done), expected);
});

test("executePlan() names action and tool when a step fails", async () => {
  const { host, done } = fakeHost(({ argv }) => argv[0] === "mkswap");
  const error = await failure(
    executePlan(planOf({ do: "run", argv: ["mkswap", "/dev/sda1"], writes: ["/dev/sda1"] }), contextOf(host)),
  );
  assert.is(error.code, "tool-failed");
  assert.is(error.message, "Do it: mkswap failed with exit code 1: no reason");
  assert.is(done.at(-1), "journal failed");
});

test("executePlan() goes on after an optional step and reports it", async () => {
  const { host } = fakeHost(({ argv }) => argv[0] === "update-grub");
  const plan = planOf({ do: "run", argv: ["update-grub"], writes: [], optional: true });
  const { problems } = await executePlan(plan, contextOf(host));
  assert.equal(problems, ["Do it: update-grub failed with exit code 1: no reason"]);
});

test("executePlan() writes nothing when any effect names another disk, a tool is missing or the disk has changed", async () => {
  const wipe: Effect = { do: "wipe", path: "/dev/sda", ranges: [[0, 10]] };
  const stray = planOf(wipe, { do: "run", argv: ["mkfs.xfs", "/dev/sdb1"], writes: ["/dev/sdb1"] });
  const tool = planOf(wipe, { do: "run", argv: ["absent", "/dev/sda1"], writes: ["/dev/sda1"] });
  const other = { ...planOf(wipe), disks: [{ ...target, serial: "T" }] };
  for (const [plan, code] of [
    [stray, "refused"],
    [tool, "tool-missing"],
    [other, "refused"],
  ] as const) {
    const { host, done } = fakeHost();
    assert.is((await failure(executePlan(plan, contextOf(host)))).code, code);
    assert.equal(effectsOf(done), []);
  }
});

test("executePlan() stops between actions when it is cancelled", async () => {
  const { host, done } = fakeHost();
  const error = await failure(
    executePlan(planOf({ do: "run", argv: ["true"], writes: [] }), { ...contextOf(host), signal: AbortSignal.abort() }),
  );
  assert.is(error.code, "cancelled");
  assert.equal(effectsOf(done), ["journal begin", "journal failed"]);
});

test("guardDisks() refuses a disk that is gone, resized, mounted or read-only since", () => {
  const shape = { logicalSectorBytes: 512, physicalSectorBytes: 512, rotational: false, removable: false };
  const disk = { kind: "disk", id: "disk:sda", ...target, ...shape } as const;
  const now: Candidate = { disk, readOnly: false, contents: "", storageDrivers: [] };
  guardDisks(planOf(), [now]);
  assert.throws(() => guardDisks(planOf(), []), /is gone/);
  assert.throws(() => guardDisks(planOf(), [{ ...now, disk: { ...disk, sizeBytes: 2000 } }]), /made for 1.0 KiB/);
  assert.throws(() => guardDisks(planOf(), [{ ...now, busy: "/dev/sda1 is mounted at /x" }]), /mounted at \/x/);
  assert.throws(() => guardDisks(planOf(), [{ ...now, readOnly: true }]), /read-only/);
});

test("guardDisks() tells disks without serial numbers by what lies on them", () => {
  const shape = { logicalSectorBytes: 512, physicalSectorBytes: 512, rotational: false, removable: false };
  const plain = { path: "/dev/sda", sizeBytes: 1024 };
  const disk = { kind: "disk", id: "disk:sda", ...plain, ...shape } as const;
  const here = (contents: string, identities: readonly string[], digest?: string): Candidate => {
    return { disk, readOnly: false, contents, identities, storageDrivers: [], ...(digest ? { digest } : {}) };
  };
  const planFor = (words: string, identities: readonly string[], digest?: string): Plan => {
    return { ...planOf(), disks: [{ ...plain, holds: { words, identities, ...(digest ? { digest } : {}) } }] };
  };
  const old = planFor("GPT with 1 partition", ["aa", "bb"]);
  guardDisks(old, [here("GPT with 1 partition: ext4", ["bb", "aa"])]);
  assert.throws(
    () => guardDisks(old, [here('ext4 "photos"', ["cc"])]),
    /^\/dev\/sda holds ext4 "photos" now, but GPT with 1 partition when the plan was made: it may be another disk$/,
  );
  assert.throws(
    () => guardDisks(old, [here("GPT with 1 partition", ["aa", "dd"])]),
    /other things of the same kind now/,
  );
  assert.throws(() => guardDisks(old, [here("nothing that is known", [])]), /holds nothing that is known now/);
  assert.throws(() => guardDisks(old, [here("GPT with 1 partition", ["aa", "bb"], "01")]), /may be another disk/);
  const blank = planFor("nothing that is known", []);
  guardDisks(blank, [here("nothing that is known", [])]);
  assert.throws(() => guardDisks(blank, [here("ext4", ["cc"])]), /holds ext4 now/);
  const odd = planFor("something", [], "01");
  guardDisks(odd, [here("something", [], "01")]);
  assert.throws(() => guardDisks(odd, [here("something", [], "02")]), /other things of the same kind/);
  // A plan of an earlier version says nothing of it.
  guardDisks({ ...planOf(), disks: [plain] }, [here("ext4", ["cc"])]);
});

test("missingTools() asks only for what runs in the rescue and must not fail", () => {
  const { host } = fakeHost();
  const chrooted: Effect = { do: "run", argv: ["absent"], writes: [], chroot: true };
  assert.equal(missingTools(host, planOf(chrooted, { do: "run", argv: ["absent"], writes: [], optional: true })), []);
  assert.equal(missingTools(host, planOf({ do: "run", argv: ["absent"], writes: [] })), ["absent"]);
});

test("renameDevicesIn() replaces whole names only", () => {
  const names = { "/dev/sda": "/dev/vda", "/dev/sda1": "/dev/vda1" };
  const before = "/dev/sda1 / ext4\n/dev/sda12 /x ext4\n/dev/mapper/sda1 /y\n# /dev/sda\nLABEL=/dev/sda1\n";
  const after = "/dev/vda1 / ext4\n/dev/sda12 /x ext4\n/dev/mapper/sda1 /y\n# /dev/sda\nLABEL=/dev/vda1\n";
  assert.is(renameDevicesIn(before, names), after);
});

test("splitMountOptions() parts the kernel's flags from the file system's words", () => {
  assert.equal(splitMountOptions("rw,noatime,nouuid,nosuid"), { flags: ["noAtime", "noSuid"], data: "nouuid" });
  assert.equal(splitMountOptions(""), { flags: [], data: "" });
});

test("executePlan() begins nothing while a pass phrase is missing, and feeds it to the tool alone", async () => {
  const wipe: Effect = { do: "wipe", path: "/dev/sda", ranges: [[0, 512]] };
  const plan = planOf(wipe, { do: "run", argv: ["cryptsetup", "open", "--key-file=-"], writes: [], secret: "luks:u" });
  const inputs: unknown[] = [];
  const { host, done } = fakeHost((command) => inputs.push(command.input) < 0);
  const error = await failure(executePlan(plan, contextOf(host)));
  assert.is(error.code, "refused");
  assert.match(error.message, /pass phrase of luks:u/);
  assert.equal(effectsOf(done), []);
  const logged: string[] = [];
  const reporter = { ...silentReporter, log: (text: string) => void logged.push(text) };
  await executePlan(plan, { ...contextOf(host), reporter, secrets: new Map([["luks:u", Secret.ofText("hush")]]) });
  assert.equal(Buffer.from(inputs.at(-1) as Uint8Array).toString(), "hush");
  assert.not.match([...done, ...logged].join("\n"), /hush/);
});

test.run();
