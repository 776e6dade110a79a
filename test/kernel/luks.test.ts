/**
 * Encrypted volumes made by cryptsetup, closed, and made again by a plan on other disks. Needs device mapper with
 * dm-crypt.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { sealHeaders } from "../../src/backup/seal-headers.ts";
import { MondoError } from "../../src/base/errors.ts";
import { silentReporter } from "../../src/base/report.ts";
import { Secret, type Secrets } from "../../src/base/secret.ts";
import { luksSecret } from "../../src/drivers/volume/luks-make.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { compareLayouts } from "../../src/layout/compare-layouts.ts";
import { matchDisks } from "../../src/layout/match.ts";
import { type Crypttab, type Layout, type LayoutNode, nodesOf } from "../../src/layout/types.ts";
import { planRestore } from "../../src/plan/plan.ts";
import type { Plan } from "../../src/plan/restore-plan.ts";
import { showPlan } from "../../src/plan/show.ts";
import { candidatesFrom } from "../../src/probe/candidates.ts";
import { describeDisks } from "../../src/probe/describe-volumes.ts";
import { readDevices } from "../../src/probe/read-devices.ts";
import { readFacts } from "../../src/probe/read-facts.ts";
import type { RestoreContext } from "../../src/restore/context.ts";
import { gatherSecrets } from "../../src/restore/gather-secrets.ts";
import { dropHeaders } from "../../src/restore/saved-headers.ts";
import { activateVolumes } from "../../src/run/activate.ts";
import { executePlan } from "../../src/run/execute.ts";
import { releaseVolumes } from "../../src/run/release.ts";
import { verifyRestoredLayout } from "../../src/run/verify.ts";
import { attachLoop, canLoop, scratch, sh } from "../support/loop-disk.ts";
import { needing } from "../support/needing.ts";

type LoopDisk = ReturnType<typeof attachLoop>;

const MIB = 1 << 20;
const host = linuxHost();
const OLD = "the pass phrase before";
const NEW = "one that nobody logs: ä'\"$";

/** Whether this kernel opens encrypted volumes (as a module or built in), and the tool is there. */
function canLuks(): boolean {
  try {
    execFileSync("modprobe", ["-q", "dm_crypt"], { stdio: "ignore" });
  } catch {
    // Built in, or absent: the file below tells.
  }
  return existsSync("/sys/module/dm_crypt") && host.which("cryptsetup") !== undefined && canLoop();
}

async function layoutOf(paths: readonly string[], crypttab: Crypttab["entries"] = []): Promise<Layout> {
  const facts = await readFacts(host, "/", { loops: true });
  const disks = paths.flatMap((path) => facts.devices.filter((device) => device.path === path));
  const { nodes } = describeDisks(facts, disks);
  const [fs] = nodesOf({ version: 1, nodes }, "filesystem");
  if (!fs) throw new Error(`no file system: ${JSON.stringify(nodes, null, 1)}`);
  const mount: LayoutNode = { kind: "mount", id: "mount:/", of: fs.id, path: "/", options: "rw", root: "/" };
  const table: LayoutNode[] = crypttab.length === 0 ? [] : [{ kind: "crypttab", id: "crypttab", entries: crypttab }];
  return { version: 1, nodes: [...nodes, mount, ...table] };
}

const pbkdf = ["--pbkdf=argon2id", "--pbkdf-force-iterations=4", "--pbkdf-memory=65536", "--pbkdf-parallel=1"];

const lvm = (command: string, ...argv: string[]) =>
  sh(["lvm", command, "--config", "activation { verify_udev_operations=1 }", ...argv]);

function format(device: string, ...words: readonly string[]): void {
  sh(["cryptsetup", "luksFormat", "--batch-mode", "--key-file=-", ...words, device], OLD);
}

function open(device: string, name: string, ...words: readonly string[]): void {
  sh(["cryptsetup", "open", "--key-file=-", ...words, device, name], OLD);
}

const opens = (device: string, key: string) => {
  try {
    execFileSync("cryptsetup", ["open", "--test-passphrase", "--key-file=-", device], { input: key, stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
};

interface Case {
  readonly name: string;
  readonly script?: string;
  readonly make: (disk: string) => void;
  /** Device below the encrypted volume, by the disk's. */
  readonly encrypted: (disk: string) => string;
  readonly crypttab?: Crypttab["entries"];
  /** Of the disk that it is restored onto; default: as large as its own. */
  readonly targetMebibytes?: number;
}

/** LVM in LUKS2, under names of their own: a group's directory in /dev outlives it. */
function luks2WithLvm(group: string, opened: string): Case {
  return {
    name: "LUKS2 with label, subsystem, 4 KiB sectors and discards; LVM inside, a key file in the backup",
    script: "label: gpt\n1: start=2048, size=2048\n2: start=4096\n",
    make(disk) {
      const words = ["--type=luks2", "--label=crypt data", "--subsystem=mondo", "--sector-size=4096", ...pbkdf];
      format(`${disk}p2`, ...words, "--key-slot=3");
      open(`${disk}p2`, opened, "--allow-discards", "--persistent");
      lvm("vgcreate", "-q", group, `/dev/mapper/${opened}`);
      lvm("lvcreate", "-q", "-y", "-n", "root", "-L", "80M", group);
      sh(["mke2fs", "-q", "-F", "-t", "ext4", `/dev/${group}/root`]);
    },
    encrypted: (disk) => `${disk}p2`,
    crypttab: [{ name: opened, source: "UUID=none", key: "/etc/keys/own key", options: ["luks"] }],
  };
}

const cases: readonly Case[] = [
  luks2WithLvm("vgc", "test_crypt-1"),
  {
    name: "LUKS1 on a whole disk, AES-CBC with a key of 256 bits",
    make(disk) {
      format(
        disk,
        "--type=luks1",
        "--cipher=aes-cbc-essiv:sha256",
        "--key-size=256",
        "--hash=sha512",
        "--iter-time=50",
      );
      open(disk, "plain");
      sh(["mkfs.xfs", "-q", "-f", "/dev/mapper/plain"]);
    },
    encrypted: (disk) => disk,
  },
  {
    name: "LUKS2 on a logical volume, PBKDF2, large metadata",
    make(disk) {
      lvm("vgcreate", "-q", "vgbelow", disk);
      lvm("lvcreate", "-q", "-y", "-n", "crypt", "-L", "200M", "vgbelow");
      const sizes = ["--luks2-metadata-size=64k", "--luks2-keyslots-size=4m", "--offset=20480"];
      format("/dev/vgbelow/crypt", "--type=luks2", "--pbkdf=pbkdf2", "--pbkdf-force-iterations=2000", ...sizes);
      open("/dev/vgbelow/crypt", "above");
      sh(["mke2fs", "-q", "-F", "-t", "ext4", "/dev/mapper/above"]);
    },
    encrypted: () => "/dev/vgbelow/crypt",
  },
  { ...luks2WithLvm("vglarger", "crypt-2"), name: "LVM in LUKS2, on a larger disk", targetMebibytes: 800 },
];

async function planFor(layout: Layout, target: LoopDisk, root: string): Promise<Plan> {
  const candidates = candidatesFrom(await readDevices(host, { loops: true })).filter(
    (one) => one.disk.path === target.path,
  );
  const chosen = Object.fromEntries(nodesOf(layout, "disk").map((disk) => [disk.id, target.path] as const));
  return planRestore(layout, matchDisks(layout, candidates, [], chosen), { set: "test", firmware: "bios", root });
}

for (const { name, script, make, encrypted, crypttab, targetMebibytes } of cases) {
  needing(test, canLuks())(`a restore makes the encrypted volume again as it was: ${name}`, async () => {
    const place = scratch();
    const root = `${place.path}/restore`;
    const source = attachLoop(place.image("source", 500 * MIB));
    let target: LoopDisk | undefined;
    try {
      if (script !== undefined) {
        sh(["sfdisk", "-q", source.path], script);
        source.tellPartitions();
      }
      make(source.path);
      sh(["sync"]);
      const found = await layoutOf([source.path]);
      const [luks] = nodesOf(found, "luks");
      assert.equal(nodesOf(found, "unsupported"), []);
      assert.ok(luks);
      const entries = (crypttab ?? []).map((entry) => ({ ...entry, source: `UUID=${luks?.uuid}` }));
      const layout = await layoutOf([source.path], entries);
      await releaseVolumes(host, source.path);
      source.detach();
      target = attachLoop(place.image("target", (targetMebibytes ?? 500) * MIB));
      const journal = `${place.path}/journal.jsonl`;
      const secrets: Secrets = new Map([[luksSecret(luks ?? { uuid: "" }), Secret.ofText(NEW)]]);
      const logged: string[] = [];
      let made = layout;
      const reporter = { ...silentReporter, log: (text: string) => void logged.push(text) };
      // Twice: a restore over the remains of another, still open, must give the same.
      for (let round = 0; round < 2; round++) {
        const plan = await planFor(layout, target, root);
        assert.equal(plan.warnings, []);
        made = plan.layout;
        const [now] = nodesOf(made, "luks");
        assert.is(now?.sizeBytes, (luks?.sizeBytes ?? 0) + ((targetMebibytes ?? 500) - 500) * MIB);
        let defects: string[] = ["not looked at"];
        const unpack = async (at: string) => {
          mkdirSync(`${at}/etc/keys`, { recursive: true });
          writeFileSync(`${at}/etc/keys/own key`, "0123456789abcdef\n\0binary");
          writeFileSync(`${at}/etc/crypttab`, entries.map((e) => `${e.name} ${e.source} none luks\n`).join(""));
        };
        const beforeUnmount = async () => {
          defects = await verifyRestoredLayout(host, made, plan, { firmware: "bios", loops: true });
        };
        const context = { host, reporter, unpack, beforeUnmount, journal, loops: true };
        const refusal = await executePlan(plan, context).catch((error: unknown) => error);
        assert.ok(refusal instanceof MondoError && refusal.code === "refused", "no secret, no restore");
        const { problems } = await executePlan(plan, { ...context, secrets });
        assert.equal([...problems, ...defects], []);
        logged.push(showPlan(plan, { detailed: true }), JSON.stringify(plan), readFileSync(journal, "utf8"));
        const device = encrypted(target.path);
        assert.ok(opens(device, NEW), "the new pass phrase opens it");
        assert.not.ok(opens(device, OLD), "the old one does not");
        assert.is(opens(device, "0123456789abcdef\n\0binary"), crypttab !== undefined);
      }
      assert.not.match(logged.join("\n"), /nobody logs|0123456789abcdef/);
      // As in the rescue, where nothing runs before it is asked for.
      await releaseVolumes(host, target.path);
      const answers = ["wrong", NEW];
      const give = async () => Secret.ofText(answers.shift() ?? "");
      await activateVolumes(host, layout, { give, loops: true });
      assert.equal(answers, [], "a wrong pass phrase is asked for again");
      const again = await layoutOf([target.path], entries);
      const chosen = Object.fromEntries(nodesOf(layout, "disk").map((disk) => [disk.id, target?.path ?? ""] as const));
      assert.equal(compareLayouts(made, again, chosen), []);
      assert.is(again.nodes.length, layout.nodes.length);
    } finally {
      if (target) await releaseVolumes(host, target.path);
      target?.detach();
      place.remove();
    }
  });
}

if (canLuks()) {
  test("a set with saved headers brings back every key slot, and lies beside them in no clear form", async () => {
    const place = scratch();
    const root = `${place.path}/restore`;
    const set = `${place.path}/set`;
    mkdirSync(set);
    const source = attachLoop(place.image("source", 100 * MIB));
    let target: LoopDisk | undefined;
    try {
      format(source.path, "--type=luks2", ...pbkdf);
      writeFileSync(`${place.path}/second`, "second key\n");
      sh(
        ["cryptsetup", "luksAddKey", "--batch-mode", "--key-file=-", ...pbkdf, source.path, `${place.path}/second`],
        OLD,
      );
      open(source.path, "kept", "--allow-discards", "--persistent");
      sh(["mke2fs", "-q", "-F", "-t", "ext4", "/dev/mapper/kept"]);
      const dump = sh(["cryptsetup", "luksDump", source.path]);
      const found = await layoutOf([source.path]);
      const phrase = Secret.ofText("what the administrator knows");
      const { layout, headers } = await sealHeaders(host, found, phrase, set, silentReporter);
      assert.is(headers.length, 1);
      const magic = Buffer.from("LUKS\xba\xbe", "latin1");
      const sealed = readFileSync(`${set}/${headers[0]?.name}`);
      assert.is(sealed.indexOf(magic), -1);
      assert.is(sealed.indexOf(nodesOf(layout, "luks")[0]?.uuid ?? "?"), -1);
      assert.not.ok(existsSync("/run/mondo/luks-backup"), "the header in clear is gone");
      await releaseVolumes(host, source.path);
      source.detach();
      target = attachLoop(place.image("target", 100 * MIB));
      const plan = await planFor(layout, target, root);
      assert.equal(plan.warnings, []);
      const answers = ["wrong", "what the administrator knows", "wrong", OLD];
      const warned: string[] = [];
      const context = {
        host,
        reporter: { ...silentReporter, warn: (text: string) => void warned.push(text) },
        manifest: { layout, headers },
        setDirectory: set,
        ask: { line: async () => answers.shift() ?? "" },
      } as unknown as RestoreContext;
      const ready = { plan, facts: await readDevices(host) };
      const secrets = await gatherSecrets(context, ready, "ask");
      assert.equal(answers, []);
      assert.equal(warned, ["That does not decrypt the saved LUKS headers.", "No key slot has that pass phrase."]);
      const file = { ...context, luksKey: `${place.path}/second` };
      const refusal = await gatherSecrets(file, ready, "ask").catch((error: unknown) => error);
      assert.match(String(refusal), /does not decrypt the saved LUKS headers/);
      let defects: string[] = ["not looked at"];
      const unpack = async () => undefined;
      const beforeUnmount = async () => {
        defects = await verifyRestoredLayout(host, layout, plan, { firmware: "bios", loops: true });
      };
      const journal = `${place.path}/journal.jsonl`;
      await executePlan(plan, { host, reporter: silentReporter, unpack, beforeUnmount, journal, loops: true, secrets });
      dropHeaders(host);
      assert.not.ok(existsSync("/run/mondo/luks"), "the decrypted header is gone");
      assert.equal(defects, []);
      assert.is(sh(["cryptsetup", "luksDump", target.path]), dump);
      assert.ok(opens(target.path, OLD) && opens(target.path, "second key\n"));
    } finally {
      if (target) await releaseVolumes(host, target.path);
      target?.detach();
      place.remove();
    }
  });
}

test.run();
