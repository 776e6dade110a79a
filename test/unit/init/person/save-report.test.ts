import { test } from "uvu";
import * as assert from "uvu/assert";
import { reportChoices, reportName } from "../../../../src/init/person/save-report.ts";
import { fakeHost } from "../../../support/fake-host.ts";

test("the report can be saved as soon as there is one", () => {
  assert.equal(reportChoices({ host: fakeHost() }), []);
  const [choice] = reportChoices({ host: fakeHost({ files: { "/run/mondo/report.txt": "x" } }) });
  assert.is(choice?.key, "save");
});

test("a report is called after its machine and its time, whatever the machine is called", () => {
  assert.is(reportName("web1", 1_764_460_000_000), "mondo-web1-20251129-234640");
  assert.is(reportName("../we b/1", 0), "mondo-.._we_b_1-19700101-000000");
});

test.run();
