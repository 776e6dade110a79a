import { test } from "uvu";
import * as assert from "uvu/assert";
import { readIdentity } from "../../../src/init/image-identity.ts";
import { fakeHost } from "../../support/fake-host.ts";

test("readIdentity() takes what it understands of boot.json, and nothing of a broken one", () => {
  const identity = (text: string) => readIdentity(fakeHost({ files: { "/etc/mondo/boot.json": text } }));
  assert.equal(identity('{"set":"ABCDEF01-0000-4000-8000-000000000000","host":"alpha","created":5,"version":"4"}'), {
    set: "abcdef01-0000-4000-8000-000000000000",
    host: "alpha",
    created: 5,
    version: "4",
  });
  assert.equal(identity('{"modules":{"force":["a",1],"deny":"b"}}'), { modules: { force: ["a"], deny: [] } });
  for (const broken of ["", "{", "null", "[]", '{"set":1}', '{"set":""}', '{"modules":3}', "3"])
    assert.equal(identity(broken), {}, broken);
});

test.run();
