/** What survived is kept: on recorded machines whose system's disks are new, and data disks the old ones. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { toByteString } from "../../../src/base/bytes.ts";
import { MondoError } from "../../../src/base/errors.ts";
import { showEffect } from "../../../src/effects/effect-rows.ts";
import type { Candidate } from "../../../src/layout/candidate.ts";
import { diskGroups, isSystemMount } from "../../../src/layout/keep/disk-groups.ts";
import { type KeepWish, parseKeepWish, withoutFiles } from "../../../src/layout/keep/keep-wish.ts";
import { keptEntries } from "../../../src/layout/keep/kept-entries.ts";
import { type Layout, type LayoutNode, nodesOf } from "../../../src/layout/types.ts";
import { editLayout } from "../../../src/plan/edit/edit-layout.ts";
import { editFromWord } from "../../../src/plan/edit/word-edits.ts";
import { planOnto } from "../../../src/plan/plan-onto.ts";
import type { Plan } from "../../../src/plan/restore-plan.ts";
import { candidatesFrom } from "../../../src/probe/candidates.ts";
import type { Facts } from "../../../src/probe/facts.ts";
import { layoutFrom } from "../../../src/probe/layout-from.ts";
import { guardEffect } from "../../../src/run/guard-effect.ts";
import { effectsOf } from "../../support/cut-plan.ts";

const machines = join(import.meta.dirname, "../../machines");
const context = { set: "s", firmware: "bios", root: "/mnt/restore" } as const;

interface Machine {
  readonly layout: Layout;
  /** Its disks as the rescue finds them. */
  readonly candidates: readonly Candidate[];
}

const known = new Map<string, Machine>();

function machine(name: string): Machine {
  const before = known.get(name);
  if (before) return before;
  const facts = JSON.parse(readFileSync(join(machines, name, "facts.json"), "utf8")) as Facts;
  const candidates = candidatesFrom(facts).map(({ busy: _, volumes: __, ...candidate }): Candidate => candidate);
  const found = { layout: layoutFrom(facts), candidates };
  known.set(name, found);
  return found;
}

/** Another disk, of the same size, on which nothing lies. */
function blank({ disk, storageDrivers }: Candidate, path: string): Candidate {
  const { serial: _, wwn: __, ...shape } = disk;
  return { disk: { ...shape, path }, readOnly: false, contents: "nothing", identities: [], storageDrivers };
}

/** The machine with new disks for its system, and what `change` makes of the others. */
function withNewSystem({ layout, candidates }: Machine, change = (candidate: Candidate): Candidate[] => [candidate]) {
  const system = diskGroups(layout).flatMap(({ system, disks }) => (system === undefined ? [] : disks));
  const isSystem = (candidate: Candidate) => system.some(({ path }) => path === candidate.disk.path);
  const fresh = candidates.filter(isSystem).map((one, at) => blank(one, `/dev/xvd${"abcdefgh"[at]}`));
  return [...fresh, ...candidates.filter((one) => !isSystem(one)).flatMap(change)];
}

function planned({ layout }: Machine, candidates: readonly Candidate[], keep: KeepWish, chosen = {}): Plan {
  return planOnto(layout, { candidates, carriers: [], chosen, keep }, context).plan;
}

function refusal(work: () => unknown): MondoError {
  try {
    work();
  } catch (error) {
    assert.instance(error, MondoError);
    return error as MondoError;
  }
  throw new Error("did not refuse");
}

const dataDisks = ({ layout }: Machine) =>
  diskGroups(layout).flatMap(({ system, disks }) => (system === undefined ? disks : []));

const isDataDisk = (one: Machine, { disk }: Candidate) => dataDisks(one).some(({ path }) => path === disk.path);

for (const name of ["bios-20-disks", "bios-lvm-cache"]) {
  test(`a plan of ${name} that keeps its data makes the system alone, and no effect names a kept disk`, () => {
    const one = machine(name);
    const plan = planned(one, withNewSystem(one), "auto");
    const kept = dataDisks(one).map(({ path }) => path);
    assert.equal(plan.kept?.disks.map(({ path }) => path).sort(), [...kept].sort());
    assert.ok(plan.disks.length > 0 && plan.disks.every(({ path }) => /^\/dev\/xvd[a-h]$/.test(path)));
    const mounts = plan.kept?.mounts ?? [];
    assert.ok(mounts.includes("/srv"), mounts.join());
    assert.not.ok(nodesOf(plan.layout, "mount").some(({ path }) => mounts.includes(path)));
    for (const effect of effectsOf(plan)) {
      guardEffect(plan, effect);
      const shown = effect.do === "keep" ? "" : showEffect(effect) + ("input" in effect ? effect.input : "");
      const names = [
        ...kept,
        ...nodesOf(one.layout, "logical-volume").flatMap(({ path, group }) => (/vg0/.test(group) ? [] : [path])),
      ];
      for (const path of names) assert.not.match(shown, new RegExp(`${path}(?![a-z/])`));
    }
    const closed = effectsOf(plan).flatMap((effect) => (effect.do === "keep" ? [effect.path] : []));
    assert.equal(closed.sort(), [...kept].sort());
  });

  test(`a plan of ${name} makes every mount point of what it keeps, but none that lies on that`, () => {
    const one = machine(name);
    const plan = planned(one, withNewSystem(one), "auto");
    const made = effectsOf(plan).flatMap((effect) => (effect.do === "mkdir" ? [effect.path] : []));
    const outer = (plan.kept?.mounts ?? []).filter(
      (path) => !plan.kept?.mounts.some((other) => path.startsWith(`${other}/`)),
    );
    assert.ok(outer.every((path) => made.includes(`/mnt/restore${path}`)));
    assert.not.ok(made.includes("/mnt/restore/srv/db"), "it lies on /srv, which is kept");
  });

  test(`with nothing said, a plan of ${name} erases what could be kept, and says that it could`, () => {
    const one = machine(name);
    const plan = planned(one, withNewSystem(one), "none");
    assert.is(plan.kept, undefined);
    assert.is(plan.disks.length, nodesOf(one.layout, "disk").length);
    assert.ok(plan.warnings.some((text) => /^\/srv.* could be kept as it is \(keep auto\)$/.test(text)));
    assert.equal(
      planned(one, withNewSystem(one), "auto").warnings.filter((text) => /could be kept/.test(text)),
      [],
    );
  });

  test(`a plan of ${name} with any one data disk missing is refused by auto, by name, and offers the rest`, () => {
    const one = machine(name);
    for (const { path } of dataDisks(one)) {
      const left = withNewSystem(one, (candidate) => (candidate.disk.path === path ? [] : [candidate]));
      const error = refusal(() => planned(one, left, "auto"));
      assert.is(error.code, "refused");
      assert.match(error.message, /^\/.* can't be kept as it is: /);
      const spare = blank(one.candidates.find(({ disk }) => disk.path === path) as Candidate, "/dev/xvdz");
      const plan = planned(one, [...left, spare], "offer");
      assert.ok(
        plan.warnings.some((text) => /can't be kept as it is: (of|nothing of) /.test(text)),
        plan.warnings.join("\n"),
      );
      assert.not.ok(plan.kept?.disks.some((disk) => disk.path === path));
    }
  });

  test(`a plan of ${name} refuses a kept disk whose partition moved, or whose content is another`, () => {
    const one = machine(name);
    const move = (node: LayoutNode) =>
      node.kind === "partition" ? { ...node, startBytes: node.startBytes + 512 } : node;
    const [disk] = dataDisks(one);
    const only = (change: (candidate: Candidate) => Candidate) =>
      withNewSystem(one, (candidate) => [candidate.disk.path === disk?.path ? change(candidate) : candidate]);
    const moved = only((c) => ({ ...c, table: (c.table ?? []).map(move) as NonNullable<Candidate["table"]> }));
    assert.match(refusal(() => planned(one, moved, "auto")).message, /begins or ends at another place than before/);
    const other = only((c) => ({ ...c, parts: (c.parts ?? []).map((part) => ({ ...part, uuid: "1-2-3" })) }));
    assert.match(refusal(() => planned(one, other, ["/srv"])).message, /no longer holds the /);
    const copied = [...withNewSystem(one), ...one.candidates.filter((c) => c.disk.path === disk?.path)].map(
      (c, at, all) => (at === all.length - 1 ? { ...c, disk: { ...c.disk, path: "/dev/sdcopy", wwn: "0x5000" } } : c),
    );
    assert.match(refusal(() => planned(one, copied, "auto")).message, /holds a copy of what is on/);
    const mounted = only((c) => ({ ...c, busy: `${c.disk.path}1 is mounted at /mnt` }));
    assert.match(refusal(() => planned(one, mounted, "auto")).message, /is mounted at \/mnt/);
  });
}

test("a member that was left behind by the others, or was in another slot, is refused", () => {
  const one = machine("bios-20-disks");
  const change = (role: (age: number) => object) =>
    withNewSystem(one, (c) => [
      c.disk.path === "/dev/sdd"
        ? { ...c, parts: (c.parts ?? []).map((p) => (p.role ? { ...p, role: { ...p.role, ...role(p.role.age) } } : p)) }
        : c,
    ]);
  assert.ok(
    planned(
      one,
      change((age) => ({ age: age - 1 })),
      "auto",
    ).kept,
    "a crash between two writes",
  );
  assert.match(
    refusal(() =>
      planned(
        one,
        change((age) => ({ age: age - 9 })),
        "auto",
      ),
    ).message,
    /left behind by the others/,
  );
  assert.match(
    refusal(() =>
      planned(
        one,
        change(() => ({ own: "5" })),
        "auto",
      ),
    ).message,
    /is another member of the RAID array/,
  );
});

test("a group whose volume is gone is refused, and one with another volume is kept", () => {
  const one = machine("bios-lvm-cache");
  const change = (gives: (all: readonly string[]) => readonly string[]) =>
    withNewSystem(one, (c) => [
      {
        ...c,
        parts: (c.parts ?? []).map((p) =>
          p.role ? { ...p, role: { ...p.role, gives: gives(p.role.gives ?? []) } } : p,
        ),
      },
    ]);
  assert.match(
    refusal(() =>
      planned(
        one,
        change(() => []),
        "auto",
      ),
    ).message,
    /no longer has \/dev\/depot\//,
  );
  assert.ok(
    planned(
      one,
      change((all) => [...all, "new"]),
      "auto",
    ).kept,
  );
});

test("names choose what is kept: a mount point or a disk; the rest is erased", () => {
  const one = machine("bios-20-disks");
  const here = withNewSystem(one);
  for (const name of ["/srv/pair", "sdt", "/dev/sds"]) {
    const plan = planned(one, here, [name]);
    assert.equal(plan.kept?.mounts, ["/srv/pair"], name);
    assert.equal(
      plan.kept?.disks.map(({ path }) => path),
      ["/dev/sds", "/dev/sdt"],
    );
    assert.ok(plan.disks.some(({ path }) => path === "/dev/sdc"));
  }
});

test("names of the system, of nothing, and of what another disk was chosen for are refused", () => {
  const one = machine("bios-20-disks");
  const here = withNewSystem(one);
  assert.match(refusal(() => planned(one, here, ["/home"])).message, /it holds \/boot, \/: that is the system itself$/);
  assert.match(
    refusal(() => planned(one, here, ["/nowhere"])).message,
    /^"\/nowhere" is to be kept, but is no mount point/,
  );
  const chosen = { "disk:sds": "/dev/sds" };
  assert.match(refusal(() => planned(one, here, ["/srv/pair"], chosen)).message, /another disk was chosen for it/);
  assert.not.ok(planned(one, here, "auto", chosen).kept?.mounts.includes("/srv/pair"), "a person decided");
});

test("a swap file on what is kept is not made, and one elsewhere is", () => {
  const one = machine("bios-lvm-cache");
  const swapFile = (path: string) =>
    ({ kind: "swap-file", id: `swap-file:${path}`, path, sizeBytes: 1 << 20, mode: 0o600, active: true }) as const;
  const layout: Layout = { version: 1, nodes: [...one.layout.nodes, ...["/srv/swap", "/swap"].map(swapFile)] };
  const filled = (keep: KeepWish) =>
    effectsOf(planned({ ...one, layout }, withNewSystem(one), keep)).flatMap((effect) =>
      effect.do === "fill" ? [effect.path] : [],
    );
  assert.equal(filled("auto"), ["/mnt/restore/swap"]);
  assert.equal(filled("none").sort(), ["/mnt/restore/srv/swap", "/mnt/restore/swap"].sort());
});

test("another path to a kept disk is no copy of it", () => {
  const one = machine("bios-lvm-cache");
  const withWwn = withNewSystem(one, (c) => {
    const disk = { ...c.disk, wwn: `0x5000c500${c.disk.path.length}${c.disk.path.at(-1)?.charCodeAt(0)}` };
    const further = { ...c, disk: { ...disk, path: `${c.disk.path}x` }, busy: `${c.disk.path}x is another path` };
    return [further, { ...c, disk }];
  });
  assert.equal(
    planned(one, withWwn, "auto").kept?.disks.map(({ path }) => path),
    ["/dev/vdb", "/dev/vdc"],
  );
});

test("a plan that writes to a kept disk does not pass the guard, nor one that closes another", () => {
  const one = machine("bios-lvm-cache");
  const plan = planned(one, withNewSystem(one), "auto");
  const refused = (effect: Parameters<typeof guardEffect>[1], words: RegExp) =>
    assert.match(refusal(() => guardEffect(plan, effect)).message, words);
  refused({ do: "wipe", path: "/dev/vdb", ranges: [[0, 512]] }, /\/dev\/vdb, which is kept as it is/);
  refused({ do: "writeAt", path: "/dev/vdb1", offset: 0, base64: "AA==" }, /\/dev\/vdb1, which is kept as it is/);
  refused({ do: "run", argv: ["grub-install", "/dev/vdb"], writes: ["/dev/vdb"] }, /kept as it is/);
  refused(
    { do: "run", argv: ["mkfs.ext4", "/dev/depot/srv"], writes: ["/dev/depot/srv"] },
    /not one of its target disks/,
  );
  refused({ do: "mount", source: "/dev/vdb1", path: "/mnt/restore/srv", type: "ext4", options: "" }, /kept as it is/);
  refused({ do: "keep", path: "/dev/xvda" }, /which it doesn't keep/);
  const both = { ...plan, disks: [...plan.disks, ...(plan.kept?.disks ?? [])] };
  assert.match(refusal(() => guardEffect(both, { do: "wipe", path: "/dev/vdb", ranges: [] })).message, /kept as it is/);
});

test("keptEntries() goes by the mount that is over all others, and by bytes", () => {
  const mount = (path: string) =>
    ({ kind: "mount", id: `mount:${path}`, of: "fs", path, options: "", root: "/" }) as const;
  const layout: Layout = { version: 1, nodes: ["/", "/srv", "/srv/db", "/müll"].map(mount) };
  const isKept = keptEntries(layout, { mounts: ["/srv", "/müll"], images: ["mondo-images/sdb1.img"] });
  const kept = ["srv", "srv/a", "srv/dbx", "müll/x", "mondo-images/sdb1.img", "mondo-hidden/srv/x", "srv/d"];
  const not = ["", "srvx", "srv/db", "srv/db/a", "mondo-images/sda1.img", "mondo-hidden/-/srv/a", "etc"];
  for (const path of kept) assert.ok(isKept(toByteString(path)), path);
  for (const path of not) assert.not.ok(isKept(toByteString(path)), path);
});

test("isSystemMount() tells programs, kernels and package lists from data", () => {
  for (const path of [
    "/",
    "/boot",
    "/boot/efi",
    "/usr",
    "/usr/share",
    "/etc",
    "/var",
    "/var/lib",
    "/var/lib/dpkg",
    "/lib",
  ])
    assert.ok(isSystemMount(path), path);
  for (const path of ["/home", "/srv", "/usr/local", "/var/lib/mysql", "/var/log", "/opt", "/library", "/bootstrap"])
    assert.not.ok(isSystemMount(path), path);
});

test("a wish that is misspelt is refused, and never the wish to keep nothing", () => {
  const one = machine("bios-lvm-cache");
  const here = withNewSystem(one);
  assert.equal(parseKeepWish("/srv,vdb"), ["/srv", "vdb"]);
  for (const text of ["", ",", "all", "Auto", "/srv,", "/srv,/", "none,auto", "/srv/", "*"]) {
    assert.is(refusal(() => planned(one, here, parseKeepWish(text))).code, "refused", text);
  }
});

test("=files behind auto or a name is the wish for the set's files, and a name that is none is refused with it, too", () => {
  const one = machine("bios-lvm-cache");
  const here = withNewSystem(one);
  const files = (text: string) => planned(one, here, parseKeepWish(text)).kept?.files;
  assert.is(parseKeepWish("auto=files"), "auto=files");
  assert.equal(files("auto=files"), ["/srv", "/home"]);
  assert.equal(files("/home=files"), ["/home"], "one of two file systems on the same disks");
  assert.equal(files("vdb=files"), ["/srv", "/home"]);
  assert.equal(files("/srv=files,/home"), ["/srv"]);
  for (const text of ["auto", "/srv", "/srv,vdb"]) assert.is(files(text), undefined, text);
  for (const text of ["none=files", "=files", "/nowhere=files", "/=files", "/srv=file", "/srv=files=files"]) {
    assert.is(refusal(() => planned(one, here, parseKeepWish(text))).code, "refused", text);
  }
  for (const text of ["auto=files", "/srv=files,vdb"]) {
    const { kept, warnings } = planned(one, here, withoutFiles(parseKeepWish(text)));
    assert.equal([kept?.mounts, kept?.files], [["/srv", "/home"], undefined], "a part of a restore brings no file");
    assert.not.ok(warnings.some((line) => /restored into/.test(line)));
  }
  const plan = planned(one, here, "auto=files");
  assert.ok(
    plan.warnings.some((text) => /restored into \/srv, \/home, which stays: those that exist are rep/.test(text)),
  );
  assert.equal(plan.phases, planned(one, here, "auto").phases, "no structure and no lock is another one");
});

test("a disk whose layout is edited is not kept, auto refuses to erase it, and an edited system keeps its data, in /etc/fstab, too", () => {
  const one = machine("bios-20-disks");
  const plan = (words: readonly string[], keep: KeepWish) => {
    const { layout } = editLayout(one.layout, words.map(editFromWord));
    const disks = { candidates: withNewSystem(one), carriers: [], chosen: {}, keep };
    return planOnto(layout, disks, { ...context, unedited: one.layout }).plan;
  };
  const mountsOf = ({ kept }: Plan) => [...(kept?.mounts ?? [])].sort();
  const all = mountsOf(plan(["home.label=users"], "auto"));
  assert.equal(all, mountsOf(planned(one, withNewSystem(one), "auto")), "the data is as it was");
  const lines = effectsOf(plan(["home.label=users"], "auto")).flatMap((effect) =>
    effect.do === "fstabLines" ? effect.changes.filter(({ now }) => !now) : [],
  );
  assert.equal(lines, [], "no line of what is kept becomes a comment");
  const offered = plan(["/srv/db.label=other"], "offer");
  assert.equal(
    mountsOf(offered),
    all.filter((path) => path !== "/srv/db"),
  );
  const why = /^\/srv\/db .* can't be kept as it is: its layout is to be another one$/;
  assert.ok(
    offered.warnings.some((text) => why.test(text)),
    offered.warnings.join("\n"),
  );
  for (const keep of ["auto", ["/srv/db"]] as const) {
    assert.match(refusal(() => plan(["/srv/db.label=other"], keep)).message, why);
  }
});

test("other options of a mount are a matter of /etc/fstab: its disk stays, and the line is changed", () => {
  const one = machine("bios-20-disks");
  const { layout } = editLayout(one.layout, [editFromWord("/srv/db.options=noatime")]);
  const disks = { candidates: withNewSystem(one), carriers: [], chosen: {}, keep: "auto" } as const;
  const { plan } = planOnto(layout, disks, { ...context, unedited: one.layout });
  assert.ok(plan.kept?.mounts.includes("/srv/db"));
  const lines = effectsOf(plan).flatMap((effect) => (effect.do === "fstabLines" ? effect.changes : []));
  assert.equal(
    lines.map(({ now }) => [now?.path, now?.options]),
    [["/srv/db", "noatime"]],
  );
});

test("auto refuses where other disks were chosen for data that are here as a whole", () => {
  const one = machine("bios-20-disks");
  const spare = ["/dev/sds", "/dev/sdt"].map((path, at) =>
    blank(one.candidates.find(({ disk }) => disk.path === path) as Candidate, `/dev/xvd${"yz"[at]}`),
  );
  const here = [...withNewSystem(one), ...spare];
  const chosen = { "disk:sds": "/dev/xvdy", "disk:sdt": "/dev/xvdz" };
  assert.match(refusal(() => planned(one, here, "auto", chosen)).message, /another disk was chosen for it$/);
  assert.not.ok(planned(one, here, "offer", chosen).kept?.mounts.includes("/srv/pair"));
});

test("auto refuses a data disk of the backup, by its number, that holds something else now", () => {
  const one = machine("bios-lvm-cache");
  const other = (c: Candidate): Candidate => {
    const { table: _, ...rest } = c;
    return {
      ...rest,
      identities: ["new"],
      contents: "ext4",
      parts: [{ kind: "filesystem", type: "ext4", uuid: "new" }],
    };
  };
  const numbered = (c: Candidate) => isDataDisk(one, c) && c.disk.serial !== undefined;
  assert.ok(one.candidates.some(numbered), "disks that have serial numbers");
  const here = withNewSystem(one, (c) => [numbered(c) ? other(c) : c]);
  assert.match(refusal(() => planned(one, here, "auto")).message, /no longer holds|another partition table/);
  const wiped = withNewSystem(one, (c) => {
    const { table: _, parts: __, ...rest } = c;
    return [isDataDisk(one, c) ? { ...rest, identities: [], contents: "nothing" } : c];
  });
  assert.is(planned(one, wiped, "auto").kept, undefined, "nothing of it is here");
});

test("with nopart, a partition that edits add or resize is refused: the table that stays has it otherwise", () => {
  const one = machine("bios-gpt-ext4");
  const plan = (...words: string[]) => {
    const { layout } = editLayout(one.layout, words.map(editFromWord));
    const disks = { candidates: one.candidates, carriers: [], chosen: {} };
    return planOnto(layout, disks, { ...context, partition: false, unedited: one.layout }).plan;
  };
  const error = refusal(() => plan("swap.size=64m", "vda.partition=32m", "vda3.type=swap"));
  assert.match(error.message, /^nopart was given, but \/dev\/vda3 is in the edited layout only$/);
  const resized = refusal(() => plan("swap.size=64m"));
  assert.match(resized.message, /^nopart was given, but the edits give \/dev\/vda\d another size$/);
  assert.match(String(resized.hint), /the edit that resizes the partition/);
  assert.ok(plan("boot.label=start").disks.length > 0);
});

test.run();
