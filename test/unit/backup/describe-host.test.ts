import { test } from "uvu";
import * as assert from "uvu/assert";
import { describeHost } from "../../../src/backup/describe-host.ts";
import { fakeHost } from "../../support/fake-host.ts";

const nameOf = (files: Readonly<Record<string, string>>, root = "/") => describeHost(fakeHost({ files }), root).name;
const kernelName = { "/proc/sys/kernel/hostname": "running\n" };

test("describeHost() takes one word of /etc/hostname, as hostname(5) has it, else the kernel's name", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["web1\n", "web1"],
    ["# by cloud-init\n\n  web1 \nweb2\n", "web1"],
    ["web1 spare\n", "web1"],
    ["# nothing else\n", "running"],
    ["\n", "running"],
  ];
  for (const [text, name] of cases) assert.is(nameOf({ ...kernelName, "/etc/hostname": text }), name, text);
  assert.is(nameOf(kernelName), "running");
  assert.is(nameOf({}), "unknown");
  assert.is(nameOf({ ...kernelName, "/mnt/etc/hostname": "below" }, "/mnt"), "below");
});

test.run();
