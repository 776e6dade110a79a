import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeArchiveOptions } from "../../../../src/commands/archive-options.ts";
import { archiveSpec } from "../../../../src/commands/archive-spec.ts";
import {
  complaintAbout,
  type Form,
  fieldsOf,
  firstForm,
  flawOf,
  type MachineSeen,
  mediumWays,
  waysOn,
  withAnswer,
  wordsOf,
} from "../../../../src/commands/ask-backup/form.ts";
import { fieldScreen, formScreen } from "../../../../src/commands/ask-backup/form-screens.ts";
import { jobText, lineOf } from "../../../../src/commands/ask-backup/render-words.ts";
import { jobWords } from "../../../../src/commands/config/job-words.ts";
import { mergeConfig, parseConfig } from "../../../../src/commands/config/read-config.ts";
import { parseWords } from "../../../../src/commands/parse.ts";
import { choicesOf } from "../../../../src/ui/screens/screen-state.ts";

const KINDS: Readonly<Record<string, ReturnType<MachineSeen["kindOf"]>>> = {
  "/srv/backup": "directory",
  "/srv/it's here": "directory",
  "/etc": "directory",
  "/etc/fstab": "other",
  "/dev/sdb": "block",
  "/dev/sda3": "block",
  "/dev/sr0": "block",
  "/dev/nst0": "char",
  "/my files": "directory",
};
const machine: MachineSeen = {
  name: "web1",
  sticks: [{ path: "/dev/sdb", what: "Stick, 8 GiB" }],
  ...{ burners: ["/dev/sr0"], tapes: ["/dev/nst0"], loaders: ["GRUB on /dev/sda"], directory: "/srv/backup" },
  kindOf: (path) => KINDS[path],
  freeBytes: () => 1e9,
};
const bare: MachineSeen = { ...machine, sticks: [], burners: [], tapes: [] };

/** The words of a line, as a shell splits them. */
function shellWords(line: string): string[] {
  const { stdout } = Bun.spawnSync(["bash", "-c", `set -- ${line}; printf '%s\\0' "$@"`]);
  return stdout.toString().split("\0").slice(0, -1);
}

const forms: Readonly<Record<string, Form>> = {
  images: { medium: "images", place: "/srv/it's here", size: "4480m", exclude: "/var/cache /my\\ files", level: "9" },
  directory: { medium: "directory", place: "/srv/backup", prefix: "web 1", codec: "xz", verify: "yes" },
  usb: { medium: "usb", place: "/dev/sdb", include: "/etc /my\\ files", snapshot: "require" },
  discs: { medium: "discs", place: "/dev/sr0", loader: "GRUB" },
  tape: { medium: "tape", place: "/dev/nst0", devices: "/dev/sda3" },
  share: { medium: "share", place: "nas:/backup/web1", prefix: "web1" },
  store: { medium: "store", place: "s3://backups/web1", level: "0" },
  stream: { medium: "stream", place: "/srv/backup/web1.stream", codec: "none" },
};

test("there is a form for every medium", () => {
  assert.equal(Object.keys(forms).sort(), mediumWays.map(({ key }) => key).sort());
});

for (const [name, form] of Object.entries(forms)) {
  test(`${name}: the command line and the job mean what the form says, and nothing is wrong with it`, () => {
    assert.is(flawOf(form, machine), undefined);
    const words = wordsOf(form);
    const [command, ...rest] = shellWords(lineOf(words));
    assert.is(command, "mondoarchive");
    assert.equal(parseWords(archiveSpec, rest), words);
    // As mondoarchive it insists on -O and a medium.
    const options = decodeArchiveOptions(parseWords(archiveSpec, rest), true);
    const config = mergeConfig([parseConfig("/f.toml", jobText("nightly", words))]);
    const job = config.jobs.get("nightly");
    assert.ok(job);
    const again = decodeArchiveOptions(
      jobWords(job, { ...words, flags: new Set(), values: new Map(), lists: new Map() }),
      false,
    );
    // Drivers of shares are objects of their own.
    const shown = ({ share, store, ...other }: typeof options) => ({
      ...other,
      share: share?.name,
      store: store?.name,
    });
    assert.equal(shown(again), shown(options));
  });
}

test("only media that are there are offered", () => {
  const keys = (seen: MachineSeen) => waysOn(seen).map(({ key }) => key);
  assert.equal(keys(bare), ["images", "directory", "share", "store", "stream"]);
  assert.is(keys(machine).length, mediumWays.length);
});

test("what is wrong is said as it is typed, and what was wrong before is no reason to complain", () => {
  const form = firstForm(machine);
  assert.is(complaintAbout(form, "level", "3", machine), undefined, "that no medium is chosen is said elsewhere");
  const images = withAnswer(form, "medium", "images");
  assert.match(complaintAbout(images, "place", "/nowhere", machine) ?? "", /\/nowhere does not exist/);
  assert.match(complaintAbout(images, "place", "/etc/fstab", machine) ?? "", /no directory/);
  const whole = withAnswer(images, "place", "/srv/backup");
  for (const [field, answer, why] of [
    ["level", "12", /--level 12 is not a number/],
    ["size", "huge", /size/],
    ["prefix", "a/b", /prefix/],
    ["include", "etc", /not an absolute path/],
    ["include", "/nowhere", /\/nowhere does not exist/],
    ["devices", "/srv", /is not a device/],
    ["devices", "/dev/sdz9", /does not exist/],
    ["loader", "ZIPL", /no boot loader/],
    ["exclude", "/a/../b", /contains/],
  ] as const) {
    assert.match(complaintAbout(whole, field, answer, machine) ?? "", why, `${field} ${answer}`);
  }
  const store = withAnswer(whole, "medium", "store");
  assert.match(
    complaintAbout(store, "place", "ftps://web1:open-sesame@nas/b", machine) ?? "",
    /^Leave the password out/,
  );
  assert.is(complaintAbout(store, "place", "ftps://web1@nas/b", machine), undefined);
  assert.is(complaintAbout(whole, "level", "", machine), undefined);
  assert.match(flawOf({ medium: "stream", place: "-" }, machine) ?? "", /Standard output/);
});

test("each field that is typed says what is wrong before Enter, and takes nothing that is", () => {
  const form = withAnswer(withAnswer(firstForm(machine), "medium", "images"), "place", "/srv/backup");
  const wrong: Readonly<Record<string, string>> = {
    ...{ place: "/nowhere", prefix: "a/b", size: "huge", level: "12", include: "/nowhere", exclude: "/a/../b" },
    ...{ devices: "/srv", loader: "ZIPL" },
  };
  const typed = fieldsOf(form).filter((field) => field.answers(form, machine) === "line");
  assert.equal(typed.map(({ key }) => key).sort(), Object.keys(wrong).sort());
  for (const field of typed) {
    const { question } = fieldScreen(field, form, machine);
    assert.ok(question.kind === "line");
    const said = question.advice?.(wrong[field.key] ?? "");
    assert.ok(said !== undefined && said === question.check?.(wrong[field.key] ?? ""), field.key);
    // It takes the answer away.
    if (field.key !== "place") assert.is(question.advice?.("-"), undefined, field.key);
  }
});

test("another medium takes its place and size along", () => {
  const form = { medium: "images", place: "/srv/backup", size: "700m", level: "5" };
  assert.equal(withAnswer(form, "medium", "usb"), { medium: "usb", level: "5" });
  assert.not.ok(fieldsOf({ medium: "usb" }).some(({ key }) => key === "size"));
});

test("the form shows its command line and what is wrong, and can only be carried out when nothing is", () => {
  const wrong = formScreen({ medium: "images" }, machine, undefined);
  const keys = (screen: typeof wrong) => choicesOf(screen).map(({ key }) => key);
  assert.not.ok(keys(wrong).includes("start"));
  assert.ok(wrong.body.some((block) => block.kind === "warning"));
  const ready = formScreen({ medium: "images", place: "/srv/backup" }, machine, undefined);
  assert.ok(keys(ready).includes("start") && keys(ready).includes("save"));
  assert.match(JSON.stringify(ready.body), /mondoarchive -Oi -d \/srv\/backup/);
  const place = fieldsOf({ medium: "images" }).find(({ key }) => key === "place");
  assert.ok(place);
  const { question } = fieldScreen(place, { medium: "images" }, machine);
  assert.is(question.initial, "/srv/backup");
});

test("answers stand in the form as people read them, and a question begins with what is usual", () => {
  const form: Form = { medium: "images", place: "/srv/backup", verify: "yes" };
  const labels = choicesOf(formScreen(form, machine, undefined)).map(({ label }) => label.replace(/ +/g, " "));
  for (const label of ["Medium ISO images in a directory", "Exclude nothing", "Snapshots Where they can be made"]) {
    assert.ok(labels.includes(label), `${label}: ${labels.join("; ")}`);
  }
  assert.ok(labels.some((label) => /^Verify Yes: read it back/.test(label)));
  for (const [key, initial] of [
    ["verify", "yes"],
    ["snapshot", "auto"],
    ["codec", "zstd"],
  ] as const) {
    const field = fieldsOf(form).find((one) => one.key === key);
    assert.ok(field);
    assert.is(fieldScreen(field, form, machine).question.initial, initial);
  }
});

test.run();
