import { test } from "uvu";
import * as assert from "uvu/assert";
import { runForImage, withImage } from "../../../src/backup/image-commands.ts";
import { MondoError } from "../../../src/base/errors.ts";
import { silentReporter } from "../../../src/base/report.ts";
import { linuxHost } from "../../../src/host/linux.ts";

const occasion = { option: "-A", iso: "/srv/backup/web1-2.iso", number: 2 } as const;

test("words of a command stand for the image and its number", () => {
  assert.is(
    withImage("growisofs -Z /dev/dvd=_ISO_ # _CD#_ _ISO_", occasion),
    "growisofs -Z /dev/dvd=/srv/backup/web1-2.iso # 2 /srv/backup/web1-2.iso",
  );
});

test("a path that a shell would take apart is refused where it would stand in a command", () => {
  for (const iso of ["/srv/my backup/web1-1.iso", "/srv/$(reboot)-1.iso", "/srv/a'b-1.iso", "/srv/a;b-1.iso"]) {
    assert.throws(
      () => withImage("ls _ISO_", { ...occasion, iso }),
      (error: MondoError) => error.code === "usage",
    );
    assert.is(withImage('ls "$MONDO_ISO"', { ...occasion, iso }), 'ls "$MONDO_ISO"');
  }
});

test("a command sees the image in its environment; what it says is reported, and its failure is an error", async () => {
  const said: string[] = [];
  const reporter = { ...silentReporter, info: (text: string) => void said.push(text) };
  const { signal } = new AbortController();
  const iso = "/srv/my backup/web1-2.iso";
  await runForImage(linuxHost(), 'echo "$MONDO_ISO:$MONDO_NUMBER:_CD#_"', { ...occasion, iso }, reporter, signal);
  assert.equal(said, [`${iso}:2:2`]);
  try {
    await runForImage(linuxHost(), "exit 7", occasion, reporter, signal);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, MondoError);
    assert.match((error as MondoError).message, /-A for .* ended with status 7/);
  }
});

test.run();
