import type { Test } from "uvu";
import * as assert from "uvu/assert";
import { needing } from "./needing.ts";
import type { StoreLab } from "./store-lab.ts";

/** What is done while the second volume of a set is sent, or before. */
interface Trouble {
  readonly canRun?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** See store-run.ts. */
  readonly step: string;
}

/** A kind of store as its real server has it: where it is, and how it differs from the others. */
export interface StoreKind {
  readonly lab: StoreLab;
  readonly canRun: boolean;
  readonly place: string;
  /** What `made` says of a set. */
  readonly madeIn: RegExp;
  readonly env?: Readonly<Record<string, string>>;
  /** Where the server keeps what is below the place. */
  readonly home: string;
  readonly leastVolumes: number;
  /** Nothing that is printed or remembered shows it. */
  readonly secret: RegExp;
  /** The server compares a digest of each object that comes: it is not read back before older sets go. */
  readonly comparesDigests: boolean;
  /** The server, or the connection, breaks in the middle of a volume and comes back. */
  readonly breaks: Trouble & { readonly says: RegExp };
  /** Its disk gets full. */
  readonly full: Trouble & { readonly says: RegExp };
  /** What a run that was killed has begun is a file, an upload, or both; files are listed below `home`. */
  readonly killed: { readonly env?: Readonly<Record<string, string>>; readonly leaves: RegExp };
  /** Where a server keeps what is no object yet, if elsewhere than beside the objects. */
  readonly unfinished?: string;
}

const FILES = ["boot/initrd.img", "boot/vmlinuz", "mondo/HOWTO.txt", "mondo/boot.sha256", "mondo/catalog.mcat.zst"];
const SET = [...FILES, "mondo/manifest.json", "rescue.iso"];

/** The names of a whole set in such a listing, and no others. */
function requireOneSet(said: string, leastVolumes: number): void {
  const listed = said.split("\n").flatMap((line) => /^\d{4}-\d\d-\d\dT\/(.*)$/.exec(line)?.[1] ?? []);
  const isVolume = (name: string) => /^mondo\/volume-000\d\.tar\.zst$/.test(name);
  assert.equal(
    listed.filter((name) => !isVolume(name)),
    SET,
    said,
  );
  const volumes = listed.filter(isVolume);
  assert.ok(volumes.length >= leastVolumes, `${volumes.length} volumes`);
  assert.is(new Set(volumes).size, volumes.length);
  assert.not.match(said, /^left behind /m);
}

/** What every kind of store has to show, with a real server: a whole set, retention, and four kinds of trouble. */
export function storeContract(test: Test, kind: StoreKind): void {
  const { lab, canRun, place, env = {}, home, leastVolumes, unfinished } = kind;
  const steps = (more: Readonly<Record<string, string>> | undefined, ...words: readonly string[]) =>
    lab.steps(
      place,
      { ...env, ...more },
      words.map((word) => word.replaceAll("$BASE", lab.base)),
    );
  const names = [
    `cd $BASE/${home}; find h/p -type f -printf "%P\n" | sed "s/T[0-9-]*/T/" | LC_ALL=C sort`,
    'find h -type d -empty -printf "left behind %p\n"',
    ...(unfinished === undefined ? [] : [`find $BASE/${unfinished} -type f -printf "left behind %p\n"`]),
  ].join("; ");

  needing(test, canRun)("a set is written, read through, and goes when a newer one takes its place", async () => {
    const said = await steps({}, "archive", "verify", "archive", "prune", names, "cat /var/lib/mondo/*");
    assert.match(said, /^made .*\/h\/p\/DATE\nverified: whole\nmade /);
    assert.match(said, kind.madeIn);
    requireOneSet(said, leastVolumes);
    assert.is(/^step: Reading .* back, before older ones go$/m.test(said), !kind.comparesDigests, said);
    assert.match(said, /^info: .* is removed: no rule keeps it$/m);
    assert.not.match(said, kind.secret);
    assert.match(said, /^left: $/m, "keys stay nowhere");
  });

  needing(test, canRun && kind.breaks.canRun !== false)(
    "a server or connection that breaks in mid-volume and comes back costs a second try",
    async () => {
      const said = await steps(kind.breaks.env, kind.breaks.step, "verify", names);
      assert.match(said, kind.breaks.says);
      assert.match(said, /^made [^\n]*\nverified: whole$/m);
      requireOneSet(said, leastVolumes);
    },
  );

  needing(test, canRun)("a disk that gets full is named; the new set goes, the one before stays whole", async () => {
    const said = await steps(kind.full.env, "archive", kind.full.step, `at last:${names}`);
    assert.match(said, kind.full.says);
    requireOneSet(said, leastVolumes);
  });

  needing(test, canRun)("what a killed run has begun, the next one removes, and nothing else", async () => {
    const said = await steps(kind.killed.env, "killed", names, "archive", "echo now", names, "verify");
    const [before = "", after = ""] = said.split("\nnow\n");
    assert.match(before, /^killed by SIGKILL$/m);
    assert.match(before, kind.killed.leaves);
    assert.not.match(before.split("\nlog: removed")[0] ?? "", /^[^\n]*manifest\.json$/m, "a killed run has no set");
    assert.match(before, /^log: removed .*, which an earlier run had begun$/m);
    requireOneSet(after, leastVolumes);
    assert.match(after, /^verified: whole$/m);
  });
}
