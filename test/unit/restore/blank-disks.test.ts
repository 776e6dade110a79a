/** Where a restore can take nothing away: there it needs no countdown, and no reading of the set before it. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import type { Host } from "../../../src/host/host.ts";
import type { Candidate } from "../../../src/layout/candidate.ts";
import { areBlank } from "../../../src/restore/blank-disks.ts";
import type { Ready } from "../../../src/restore/prepare.ts";
import { diskOf } from "../../support/cached-layout.ts";

const GIB = 1 << 30;

const candidate = (name: string, more: Partial<Candidate> = {}): Candidate => {
  return { disk: diskOf(name, GIB), readOnly: false, contents: "", storageDrivers: [], ...more };
};

const readyWith = (...all: readonly Candidate[]) =>
  ({
    targets: { disks: Object.fromEntries(all.map((one) => [one.disk.id, one])), because: {} },
    plan: { disks: all.map(({ disk }) => ({ path: disk.path, sizeBytes: disk.sizeBytes })) },
  }) as unknown as Ready;

/** Disks of zeros, but for one byte on one of them. */
function hostWith(spot?: { readonly path: string; readonly at: number }): { host: Host; read: Map<string, number> } {
  const read = new Map<string, number>();
  const host = {
    readAt(path: string, offset: number, length: number) {
      read.set(path, (read.get(path) ?? 0) + length);
      const bytes = new Uint8Array(length);
      if (spot && path === spot.path && spot.at >= offset && spot.at < offset + length) bytes[spot.at - offset] = 1;
      return bytes;
    },
  } as unknown as Host;
  return { host, read };
}

const table = { kind: "table", id: "t", on: "d", scheme: "gpt", uuid: "AA" } as const;
const part = { kind: "partition", id: "p", table: "t", path: "/dev/x1", number: 1 } as unknown as NonNullable<
  Candidate["table"]
>[number];

test("areBlank() takes disks of zeros, with a table that has no partition, and reads little of them", () => {
  const { host, read } = hostWith();
  assert.ok(areBlank(host, readyWith(candidate("vda"), candidate("vdb", { table: [table], identities: ["aa"] }))));
  assert.equal([...read.values()], [4 << 20, 4 << 20]);
});

test("areBlank() is false when anything is known of one of the disks, which is then not read", () => {
  const held = [
    candidate("vdb", { identities: ["6d6f6e64"] }),
    candidate("vdb", { unidentified: true }),
    candidate("vdb", { table: [table, part] }),
  ];
  for (const one of held) {
    const { host, read } = hostWith();
    assert.not(areBlank(host, readyWith(candidate("vda"), one)));
    assert.is(read.size, 0);
  }
});

test("areBlank() finds what is spread over a disk without a signature, up to its last MiB", () => {
  for (const at of [(1 << 20) + 5, GIB - (1 << 20) - 4096]) {
    assert.not(
      areBlank(hostWith({ path: "/dev/vdb", at }).host, readyWith(candidate("vda"), candidate("vdb"))),
      `${at}`,
    );
  }
});

test("areBlank() doubts what can't be read, what is tiny, and a disk of the plan that it knows nothing of", () => {
  const broken = {
    readAt() {
      throw new MondoError("system", "read /dev/vda: input/output error");
    },
  } as unknown as Host;
  assert.not(areBlank(broken, readyWith(candidate("vda"))));
  assert.not(areBlank({ readAt: () => new Uint8Array(0) } as unknown as Host, readyWith(candidate("vda"))));
  const tiny = { ...candidate("vda"), disk: diskOf("vda", 1 << 20) };
  assert.not(areBlank(hostWith().host, readyWith(tiny)));
  const ready = readyWith(candidate("vda"));
  const more = { ...ready.plan, disks: [...ready.plan.disks, { path: "/dev/vdz", sizeBytes: GIB }] };
  assert.not(areBlank(hostWith().host, { ...ready, plan: more }));
});

test.run();
