import { test } from "uvu";
import * as assert from "uvu/assert";
import { makeBlockLinks } from "../../../src/run/block-links.ts";
import { fakeHost } from "../../support/fake-host.ts";

test("makeBlockLinks() names devices by their numbers, and leaves right names alone", () => {
  const links: Record<string, string> = { "/dev/block/8:0": "../sda", "/dev/block/259:0": "../nvme0n1p1" };
  const made: string[] = [];
  const host = {
    ...fakeHost({
      files: {
        "/sys/class/block/sda/dev": "8:0\n",
        "/sys/class/block/dm-0/dev": "252:0\n",
        "/sys/class/block/nvme0n1/dev": "259:0\n",
        "/sys/class/block/cciss!c0d0/dev": "104:0\n",
        "/sys/class/block/odd/dev": "../../etc\n",
        "/sys/class/block/gone/size": "0\n",
      },
    }),
    readLink: (path: string) => links[path],
    remove: (path: string) => void delete links[path],
    symlink: (target: string, path: string) => void made.push(`${path} ${target}`),
  };
  makeBlockLinks(host);
  assert.equal(made, ["/dev/block/104:0 ../cciss/c0d0", "/dev/block/252:0 ../dm-0", "/dev/block/259:0 ../nvme0n1"]);
  assert.equal(links, { "/dev/block/8:0": "../sda" });
});

test.run();
