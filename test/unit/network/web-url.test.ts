import { test } from "uvu";
import * as assert from "uvu/assert";
import { shownPlace, withoutSecrets } from "../../../src/network/web-url.ts";

for (const [place, shown, url] of [
  ["https://tok3n@web/b?sig=x", "https://web/b?...", "https://web/b?..."],
  ["https://u:p/w@h/d", "https://h/d", "https://h/d"],
  ["https://tok3n@web/b#x", "https://web/b#x", "https://web/b#x"],
  ["ftp://joe:s3cret@nas/b", "ftp://joe@nas/b", "ftp://nas/b"],
  ["ftp://joe:pa/ss@nas/b", "ftp://joe@nas/b", "ftp://nas/b"],
  ["sftp://joe@nas:22/b/a@b", "sftp://joe@nas:22/b/a@b", "sftp://nas:22/b/a@b"],
  ["nas:/srv/a@b", "nas:/srv/a@b", "nas:/srv/a@b"],
] as const) {
  test(`${place} is shown without what is secret in it`, () => {
    assert.is(shownPlace(place), shown);
    assert.is(withoutSecrets(place), url);
  });
}

test.run();
