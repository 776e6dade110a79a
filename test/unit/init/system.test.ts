import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeVolumeId } from "../../../src/formats/fs/iso9660.ts";
import { describeExit, spawnSession, waitFor } from "../../../src/host/spawn.ts";
import { readIdentity } from "../../../src/init/image-identity.ts";
import { shellTerminals } from "../../../src/init/person/further-shells.ts";
import { renderPhases } from "../../../src/init/phases.ts";
import { mountsToRelease, parseMountInfo } from "../../../src/init/pid1/mount-table.ts";
import { parseBootOptions } from "../../../src/init/words/boot-options.ts";
import { type Consoles, consoleDevices } from "../../../src/ui/consoles.ts";
import { countdown } from "../../../src/ui/countdown.ts";
import { fakeHost } from "../../support/fake-host.ts";

test("consoleDevices() puts the preferred console first and always has the screen", () => {
  const both = "ttyS0                -W- (EC   a)    4:64\ntty0                 -WU (E  p  )    4:1\n";
  assert.equal(consoleDevices(both), ["/dev/ttyS0", "/dev/tty1"]);
  assert.equal(consoleDevices("tty0 -WU (EC p  ) 4:2\nttyS1 -W- (E  a) 4:65\n"), ["/dev/tty1", "/dev/ttyS1"]);
  assert.equal(consoleDevices("hvc0 -W- (EC p) 229:0\n"), ["/dev/hvc0", "/dev/tty1"]);
  assert.equal(consoleDevices(""), ["/dev/tty1"]);
});

const mountInfo = `22 1 0:2 / / rw - rootfs none rw
23 22 0:21 / /proc rw,nosuid - proc proc rw
24 22 0:5 / /dev rw - devtmpfs devtmpfs rw
30 22 11:0 / /mnt/medium ro,nosuid - iso9660 /dev/sr0 ro
31 22 8:2 / /mnt/restore rw shared:1 - ext4 /dev/sda2 rw
32 31 8:1 / /mnt/restore/a\\040b rw - vfat /dev/sda1 rw
33 31 0:21 / /mnt/restore/proc rw - proc proc rw
`;

test("mountsToRelease() goes innermost first and spares what the rescue stands on", () => {
  assert.equal(
    mountsToRelease(mountInfo).map(({ mountPoint }) => mountPoint),
    ["/mnt/restore/proc", "/mnt/restore/a b", "/mnt/restore", "/mnt/medium"],
  );
});

test("parseMountInfo() reads type, source and read-only, optional fields or not", () => {
  const mounts = parseMountInfo(mountInfo);
  assert.equal(mounts[3], { mountPoint: "/mnt/medium", type: "iso9660", source: "/dev/sr0", readOnly: true });
  assert.equal(mounts[4], { mountPoint: "/mnt/restore", type: "ext4", source: "/dev/sda2", readOnly: false });
  assert.equal(parseMountInfo("noise\n - \n"), [{ mountPoint: "", type: "", source: "", readOnly: false }]);
});

test("decodeVolumeId() reads a primary volume descriptor and nothing else", () => {
  const sector = new Uint8Array(2048).fill(32);
  sector.set(new TextEncoder().encode("\x01CD001\x01"), 0);
  sector.set(new TextEncoder().encode("MONDO_1"), 40);
  assert.is(decodeVolumeId(sector), "MONDO_1");
  sector[0] = 2;
  assert.is(decodeVolumeId(sector), undefined);
  assert.is(decodeVolumeId(new Uint8Array(2048)), undefined);
  assert.is(decodeVolumeId(new Uint8Array(10)), undefined);
});

test("describeExit() tells codes from signals", () => {
  assert.is(describeExit(3 << 8), "ended with exit code 3");
  assert.is(describeExit(11), "was ended by a segmentation fault");
  assert.is(describeExit(0x80 | 6), "was ended by abort");
  assert.is(describeExit(10), "was ended by signal 10");
});

test("spawnSession() starts a program with its arguments, environment and directory, and waitFor() gives its status", async () => {
  const output = `/tmp/mondo-spawn-test-${process.pid}`;
  const pid = spawnSession({
    path: "/bin/sh",
    argv: ["sh", "-c", 'echo "$0 $WORD $PWD"; exit 7', "zero"],
    env: { WORD: "two words" },
    cwd: "/usr",
    outputFile: output,
  });
  let ended = waitFor(pid);
  while (!ended) {
    await Bun.sleep(5);
    ended = waitFor(pid);
  }
  assert.is(describeExit(ended.status), "ended with exit code 7");
  assert.is(await Bun.file(output).text(), "zero two words /usr\n");
  await Bun.file(output).delete();
});

test("spawnSession() throws not-found for a program that isn't there", () => {
  assert.throws(() => spawnSession({ path: "/nonexistent", argv: ["x"], env: {} }), /start \/nonexistent/);
});

test("renderPhases() prints the phases of a command line", () => {
  const plain = renderPhases(parseBootOptions("nuke")).split("\n");
  assert.equal(
    plain.map((line) => line.split(" ")[0]),
    ["cmdline", "firmware", "medium", "manifest", "devices", "mode"],
  );
  assert.ok(plain.at(-1)?.endsWith("nuke"));
  assert.match(renderPhases(parseBootOptions("pxe mondo.shell")), /^cmdline[\s\S]*shell[\s\S]*network[\s\S]*medium/);
});

test("readIdentity() takes what it understands of boot.json, and nothing of a broken one", () => {
  const identity = (text: string) => readIdentity(fakeHost({ files: { "/etc/mondo/boot.json": text } }));
  assert.equal(identity('{"set":"ABCDEF01-0000-4000-8000-000000000000","host":"alpha","created":5,"version":"4"}'), {
    set: "abcdef01-0000-4000-8000-000000000000",
    host: "alpha",
    created: 5,
    version: "4",
  });
  for (const broken of ["", "{", "null", "[]", '{"set":1}', '{"set":""}', "3"])
    assert.equal(identity(broken), {}, broken);
});

test("shellTerminals() adds screens and real serial ports in expert mode", () => {
  const host = fakeHost({
    files: {
      "/dev/tty2": "",
      "/dev/tty3": "",
      "/dev/tty4": "",
      "/dev/ttyS0": "",
      "/dev/ttyS1": "",
      "/dev/ttyS2": "",
      "/sys/class/tty/ttyS0/type": "4\n",
      "/sys/class/tty/ttyS1/type": "4\n",
      "/sys/class/tty/ttyS2/type": "0\n",
    },
  });
  const consoles = ["/dev/ttyS0", "/dev/tty1"];
  assert.equal(shellTerminals(host, parseBootOptions(""), consoles), ["/dev/tty2", "/dev/tty3"]);
  assert.equal(shellTerminals(host, parseBootOptions("expert"), consoles), [
    "/dev/tty2",
    "/dev/tty3",
    "/dev/tty4",
    "/dev/ttyS1",
  ]);
});

/** Consoles on which `typed` is pressed when the countdown has shown something `after` times. */
function fakeConsoles(typed: Uint8Array, after: number): Consoles & { shown: string } {
  let listener: ((bytes: Uint8Array) => void) | undefined;
  let writes = 0;
  return {
    shown: "",
    paths: [],
    columns: 80,
    write(text) {
      this.shown += text;
      writes += 1;
      if (writes === after) listener?.(typed);
    },
    onKeys(next) {
      listener = next;
      return () => {
        listener = undefined;
      };
    },
    lastUsed: () => "",
    suspend() {},
    resume() {},
    drain: async () => {},
    close() {},
  };
}

test("countdown() elapses, counting down to one", async () => {
  const consoles = fakeConsoles(new Uint8Array(0), -1);
  assert.is(await countdown(fakeHost(), consoles, 3, "Erasing in"), "elapsed");
  assert.match(consoles.shown, /3 s[\s\S]*2 s[\s\S]*1 s/);
});

test("countdown() is stopped by any key, but not by the NUL of a noisy line", async () => {
  assert.is(await countdown(fakeHost(), fakeConsoles(new Uint8Array([32]), 2), 20, "x"), "stopped");
  assert.is(await countdown(fakeHost(), fakeConsoles(new Uint8Array([27, 91, 65]), 2), 20, "x"), "stopped");
  assert.is(await countdown(fakeHost(), fakeConsoles(new Uint8Array([0, 0]), 2), 20, "x"), "elapsed");
});

test.run();
