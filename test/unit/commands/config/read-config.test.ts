/** What the configuration takes, and how it says what is wrong: file, line, column, and what was probably meant. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../../src/base/errors.ts";
import { decodeArchiveOptions } from "../../../../src/commands/archive-options.ts";
import { archiveSpec } from "../../../../src/commands/archive-spec.ts";
import { configOptions } from "../../../../src/commands/config/config-schema.ts";
import { jobWords } from "../../../../src/commands/config/job-words.ts";
import { mergeConfig, parseConfig } from "../../../../src/commands/config/read-config.ts";
import { parseWords } from "../../../../src/commands/parse.ts";
import { randomOf } from "../../../support/seeded-random.ts";

const test = suite("configuration");
const none = parseWords(archiveSpec, []);
const read = (...texts: string[]) => mergeConfig(texts.map((text, at) => parseConfig(`/etc/${at}.toml`, text)));
const job = (text: string, name = "a") => {
  const found = read(text).jobs.get(name);
  if (!found) throw new Error(`no job ${name}`);
  return found;
};
const optionsOf = (text: string, line = "") =>
  decodeArchiveOptions(jobWords(job(text), line === "" ? none : parseWords(archiveSpec, line.split(" "))), false);

function complaint(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    assert.instance(error, MondoError);
    const { code, message, hint } = error as MondoError;
    assert.is(code, "usage");
    return `${message} | ${hint}`;
  }
  throw new Error("it was taken");
}

test("a job is what mondo archive would be given; defaults count where it says nothing", () => {
  const options = optionsOf(`
    [defaults]
    exclude = ["/srv/my cache", '/a\\b', "/dev/sdb"]
    prefix = "web"
    level = 9
    [jobs.a]
    dir = "/srv/backup"
    prefix = "web1"
    layout = "directory"
    differential = true
    verify = false
    full-every = 7
    keep = { last = 2, daily = 7, monthly = 6 }
  `);
  assert.equal(options.exclude, ["/srv/my cache", "/a\\b"]);
  assert.equal(options.excludeDevices, ["/dev/sdb"]);
  assert.is(options.setName, "web1");
  assert.is(options.diffLevel, 1);
  assert.is(options.level, 9);
  assert.is(options.verify, false);
  assert.is(options.fullEvery, 7);
  assert.equal(options.medium, { kind: "directory", keep: { last: 2, daily: 7, monthly: 6 } });
});

test("the command line replaces what a job says, and --without leaves it out", () => {
  const text = '[jobs.a]\ndir = "/srv"\nexclude = ["/a", "/b"]\nprefix = "x"\ndifferential = true\n';
  const options = optionsOf(text, "-p y -E /c -V");
  assert.is(options.setName, "y");
  assert.equal(options.exclude, ["/c"]);
  assert.ok(options.verify && options.backup, "it is compared when it is made");
  const bare = jobWords(job(text), none, ["differential", "exclude"]);
  assert.is(decodeArchiveOptions(bare, false).diffLevel, 0);
  assert.equal(decodeArchiveOptions(bare, false).exclude, []);
  assert.match(
    complaint(() => jobWords(job(text), none, ["keep"])),
    /--without keep: the job a does not say it/,
  );
});

test("every key of the table can be written, and has the type of its option", () => {
  assert.ok(configOptions.size > 40);
  for (const [key, option] of configOptions) {
    const wrong = option.value === undefined ? '"yes"' : option.many ? "3" : "true";
    assert.match(
      complaint(() => read(`[jobs.a]\n${key} = ${wrong}`)),
      new RegExp(`^/etc/0.toml:2:1: jobs.a.${key} must be .* \\| mondo config explain ${key}$`),
    );
    const right = option.value === undefined ? "true" : option.many ? '["/x"]' : '"7"';
    if (key !== "keep") assert.is(job(`[jobs.a]\n${key} = ${right}`).entries.size, 1, key);
  }
});

test("what is wrong is told with file, line, column, and the nearest key", () => {
  const told = (text: string, pattern: RegExp) =>
    assert.match(
      complaint(() => read(text)),
      pattern,
      text,
    );
  told('[jobs.a]\ndir = "/srv"\n  prefx = "x"\n', /^\/etc\/0.toml:3:3: unknown key prefx \| Did you mean prefix\?/);
  told("[jobs.a]\nkeep = { last = 2, dayly = 7 }\n", /^\/etc\/0.toml:2:20: unknown key dayly \| Did you mean daily\?/);
  told("[jobs.a.keep]\nlast = 0\n", /^\/etc\/0.toml:2:1: jobs.a.keep.last must be a number from 1 on/);
  told('[jobs.a]\nexclude = ["/a",\n  5]\n', /^\/etc\/0.toml:[23]:\d+: jobs.a.exclude/);
  told('[job.a]\ndir = "/srv"\n', /^\/etc\/0.toml:1:2: unknown key job \| Did you mean jobs\?/);
  told('dir = "/srv"\n', /^\/etc\/0.toml:1:1: unknown key dir \| Options stand in \[defaults\] or \[jobs.NAME\]/);
  told('[jobs."a b"]\n', /^\/etc\/0.toml:1:7: "a b" is no name of a job/);
  told('[jobs."../x"]\n', /is no name of a job/);
  for (const name of ["constructor", "prototype", "__proto__"]) {
    told(`[jobs.b]\n[jobs.${name}]\n`, new RegExp(`^/etc/0.toml:2:7: "${name}" is no name of a job`));
  }
  told("jobs = []\n", /^\/etc\/0.toml:1:1: jobs must be a table \|/);
  told("jobs = 3\n", /^\/etc\/0.toml:1:1: jobs must be a table \|/);
  told("[jobs]\nnightly = 3\n", /^\/etc\/0.toml:2:1: jobs.nightly must be a table \|/);
  told("defaults = true\n", /^\/etc\/0.toml:1:1: defaults must be a table \|/);
  told('[jobs.a]\ndir = "x\n', /^\/etc\/0.toml:2:\d+: /);
  told('[jobs.a]\ndir = "/a"\ndir = "/b"\n', /^\/etc\/0.toml:3:\d+: /);
  told('[jobs.a]\ndir = ""\n', /jobs.a.dir must be a text that is not empty/);
  told('[jobs.a]\ndir = "/a\\u0000b"\n', /must be a text without control characters/);
  told("[jobs.a]\ndir = 1979-05-27\n", /^\/etc\/0.toml:2:1: jobs.a.dir must be a text or a number/);
});

test("secrets have no place in it", () => {
  for (const key of ["password", "aws_secret_access_key", "smb-password", "passphrase"]) {
    assert.match(
      complaint(() => read(`[jobs.a]\n${key} = "hunter2"\n`)),
      /^\/etc\/0.toml:2:1: a secret has no place here/,
    );
  }
  assert.not.match(
    complaint(() => read('[jobs.a]\npassword = "hunter2"\n')),
    /hunter2/,
  );
});

test("what one file says, no other says again", () => {
  const merged = read('[defaults]\nprefix = "x"\n[jobs.a]\n', "[jobs.b]\n[defaults]\nlevel = 3\n");
  assert.equal([...merged.jobs.keys()], ["a", "b"]);
  assert.equal([...(merged.jobs.get("a")?.entries.keys() ?? [])], ["prefix", "level"]);
  assert.match(
    complaint(() => read("[jobs.a]\n", "\n[jobs.a]\n")),
    /^\/etc\/1.toml:2:7: the job a is there already, at \/etc\/0.toml:1:7/,
  );
  assert.match(
    complaint(() => read("[defaults]\nlevel = 1\n", "defaults.level = 2\n")),
    /level of \[defaults\] is there/,
  );
});

test("whatever a file holds, it is taken or refused with a place, soon", () => {
  const below = randomOf(7);
  const pieces = [
    "[",
    "]",
    "{",
    "}",
    "=",
    '"',
    "'",
    '"""',
    "\n",
    "#",
    ",",
    ".",
    " ",
    "\\",
    "jobs",
    "a",
    "keep",
    "1",
    "\u0000",
    "é",
    "true",
  ];
  const started = Date.now();
  for (let round = 0; round < 3000; round++) {
    const text = Array.from({ length: below(30) }, () => pieces[below(pieces.length)]).join("");
    try {
      read(text);
    } catch (error) {
      assert.instance(error, MondoError, text);
      assert.match((error as MondoError).message, /^\/etc\/0.toml(:\d+:\d+)?: /, text);
    }
  }
  assert.ok(Date.now() - started < 10_000);
});

test("a job that would build on what another one has put elsewhere needs a prefix of its own", () => {
  const nightly = '[jobs.nightly]\nnfs = "nas:/backup"\ndifferential = true\nfull-every = 7\n';
  const stick = '[jobs.stick]\nusb = "serial:1"\n';
  assert.match(
    complaint(() => read(nightly + stick)),
    /^\/etc\/0.toml:1:\d+: the jobs nightly and stick have one prefix \(mondorescue\) and two places: .* \| .*prefix = "mondorescue-stick"/,
  );
  // One place, other prefixes, other trees, or nothing that builds on another.
  const weekly = '[jobs.weekly]\nnfs = "nas:/backup"\n';
  for (const other of [weekly, `${stick}prefix = "stick"\n`, `${stick}root = "/srv"\n`]) read(nightly + other);
  read(`${weekly}${stick}`);
  read(`${nightly.replace("true", "false").replace("full-every = 7\n", "")}${stick}`);
});

test.run();
