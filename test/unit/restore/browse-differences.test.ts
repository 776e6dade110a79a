import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Difference } from "../../../src/archive/compare/difference.ts";
import { filterDifferences, severitiesIn } from "../../../src/archive/compare/difference-filter.ts";
import { MondoError } from "../../../src/base/errors.ts";
import { browseDifferences, differencesScreen } from "../../../src/restore/browse-differences.ts";
import type { Ask } from "../../../src/ui/ask.ts";
import type { Screen } from "../../../src/ui/screens/screen.ts";

const differ = (path: string, severity: Difference["severity"], what: Difference["what"] = "content"): Difference => ({
  ...{ path, severity, what, detail: "" },
});
const all = [
  differ("/var/log/x", 1),
  differ("/etc/passwd", 3),
  differ("/home/me/a", 2),
  differ("/etc/Hosts", 3, "mode"),
];
const pathsOf = (list: readonly Difference[]) => list.map(({ path }) => path);

test("the most severe come first on the screen, and a filter takes severity, text, or neither", () => {
  const [block] = differencesScreen(all, {}).body;
  assert.ok(block?.kind === "text");
  assert.equal(
    block.lines.map((line) => line[1]),
    ["3", "3", "2", "1"],
  );
  assert.equal(filterDifferences(all, {}), all);
  assert.equal(pathsOf(filterDifferences(all, { severities: [2] })), ["/home/me/a"]);
  assert.equal(pathsOf(filterDifferences(all, { text: "hOSTS: MODE" })), ["/etc/Hosts"]);
  assert.equal(pathsOf(filterDifferences(all, { severities: [1], text: "etc" })), []);
});

test("patterns are those of extract, on paths as they are shown, and go together with severities", () => {
  const odd = [...all, differ("/etc/a b\\xff.conf", 3), differ("/srv/é/x", 2)];
  assert.equal(pathsOf(filterDifferences(odd, { patterns: ["/etc"] })), [
    "/etc/passwd",
    "/etc/Hosts",
    "/etc/a b\\xff.conf",
  ]);
  assert.equal(pathsOf(filterDifferences(odd, { patterns: ["pass*", "/srv/é"] })), ["/etc/passwd", "/srv/é/x"]);
  assert.equal(pathsOf(filterDifferences(odd, { patterns: ["/etc/a*\\\\xff.conf"] })), ["/etc/a b\\xff.conf"]);
  assert.equal(pathsOf(filterDifferences(odd, { patterns: ["/"], severities: [1, 2] })), [
    "/var/log/x",
    "/home/me/a",
    "/srv/é/x",
  ]);
  assert.throws(() => filterDifferences([], { patterns: ["[z-a]"] }), /z-a/);
});

test("severities are typed as a list", () => {
  assert.equal(severitiesIn("3", "severity"), [3]);
  assert.equal(severitiesIn("2, 3", "severity"), [2, 3]);
  for (const text of ["", "4", "3,", "high"]) assert.throws(() => severitiesIn(text, "severity"), /--severity is not/);
});

test("only severities that there are can be chosen; where nothing is left, it says so", () => {
  const keys = ({ question }: Screen) => (question.kind === "choice" ? question.choices.map(({ key }) => key) : []);
  assert.equal(keys(differencesScreen(all, {})), ["all", "3", "2", "1", "text", "on"]);
  assert.equal(keys(differencesScreen([differ("/etc/x", 3)], {})), ["all", "3", "text", "on"]);
  assert.match(
    JSON.stringify(differencesScreen(all, { text: "nothing" }).body),
    /There are none with \\"nothing\\" in them/,
  );
});

/** A person on full screens; `<` is Escape. */
function person(...answers: string[]): { ask: Ask; shown: string[][] } {
  const shown: string[][] = [];
  const next = async (): Promise<string> => {
    const answer = answers.shift();
    if (answer === undefined) throw new Error("nobody answers any more");
    if (answer === "<") throw new MondoError("cancelled", "back");
    return answer;
  };
  const refuse = () => Promise.reject(new Error("nothing else is asked"));
  const show = (screen: Screen) => {
    const [block] = screen.body;
    shown.push(block?.kind === "text" ? block.lines.map((line) => line.replace(/^\[\d\] |: .*$/g, "")) : []);
    return next();
  };
  return { ask: { menu: refuse, confirm: refuse, line: next, show }, shown };
}

test("a person looks at some, at others, and goes back", async () => {
  const { ask, shown } = person("2", "text", "passwd", "text", "<", "all", "<");
  await browseDifferences(ask, all);
  assert.equal(
    shown.map((paths) => paths.length),
    [4, 1, 1, 1, 4],
  );
  assert.equal(shown[2], ["/etc/passwd"]);
});

test("where questions are lines nothing is asked", async () => {
  const refuse = () => Promise.reject(new Error("nothing is asked"));
  await browseDifferences({ menu: refuse, confirm: refuse, line: refuse }, all);
});

test.run();
