import { test } from "uvu";
import * as assert from "uvu/assert";
import { BelowRoot, pathBelow } from "../../../../src/shares/store/below-root.ts";

test("pathBelow() is what lies below a directory, not that itself or one beside it", () => {
  assert.is(pathBelow("/srv", "/srv/web1/full"), "web1/full");
  assert.is(pathBelow("/srv/", "/srv/web1/"), "web1");
  assert.is(pathBelow("/", "/web1"), "web1");
  for (const path of ["/srv", "/srv/", "/srv2/web1", "/", "srv/web1"]) assert.is(pathBelow("/srv", path), undefined);
});

test("BelowRoot is a place below the one that was named, however it is come to", () => {
  const root = new BelowRoot({ path: "/srv", server: "nas" });
  assert.equal([root.prefix, root.directory], ["", ""]);
  const own = root.below("/web1").below("full/");
  assert.equal([own.prefix, own.directory, own.root.server], ["web1/full/", "/web1/full", "nas"]);
  assert.is(own.below("/").prefix, "web1/full/");
  // A path counts from the root, wherever one is.
  assert.is(own.at("/srv/db")?.prefix, "db/");
  assert.is(own.at("/srv"), undefined);
});

test.run();
