/** A boot loader that nobody has, of one driver: what is recorded of a machine, what is detected, and images ask it. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { imageRequestOf } from "../../../src/backup/image-request.ts";
import type { LoaderDriver } from "../../../src/drivers/contracts.ts";
import { loaderDrivers } from "../../../src/drivers/loader/loader-drivers.ts";
import { layoutFrom } from "../../../src/probe/layout-from.ts";
import { readFacts } from "../../../src/probe/read-facts.ts";
import { blankDisks, fakeHost } from "../../support/fake-host.ts";

const loader = {
  kind: "loader",
  id: "loader:ignite",
  type: "ignite",
  on: [],
  details: { speed: "fast" },
} as const;
const driver: LoaderDriver = {
  type: "ignite",
  needs: { tools: ["ignite"], modules: [] },
  detailFields: {},
  paths: { files: ["/boot/ignite.img"], texts: ["/etc/ignite.conf"] },
  detect: ({ files, texts }) =>
    files.includes("/boot/ignite.img") && texts["/etc/ignite.conf"] === "fast" ? loader : undefined,
  plan: () => [],
  warnings: () => [],
  verify: async () => [],
};

test.before(() => void (loaderDrivers as LoaderDriver[]).push(driver));
test.after(() => void (loaderDrivers as LoaderDriver[]).pop());

test("readFacts() records the files of a loader of the list, its driver detects it, and an image takes its tools", async () => {
  const files = { "/boot/ignite.img": "", "/etc/ignite.conf": "fast", "/proc/self/mountinfo": "" };
  const host = fakeHost({ files: { ...blankDisks({ sda: 2 ** 30 }), ...files } });
  const layout = layoutFrom(await readFacts(host, "/"));
  assert.equal(
    layout.nodes.filter(({ kind }) => kind === "loader"),
    [loader],
  );
  const seed = { set: "", host: "", created: 0 };
  const { needs } = imageRequestOf(layout, seed, {} as Parameters<typeof imageRequestOf>[2]);
  assert.ok(needs.some(({ tools }) => tools.includes("ignite")));
});

test.run();
