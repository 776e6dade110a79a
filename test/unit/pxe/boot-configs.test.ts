import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { linuxHost } from "../../../src/host/linux.ts";
import { parseBootOptions } from "../../../src/init/words/boot-options.ts";
import { sourceWords } from "../../../src/pxe/append-line.ts";
import { networkGrubConfig } from "../../../src/pxe/grub-config.ts";
import { ipxeScript } from "../../../src/pxe/ipxe.ts";
import { pxelinuxConfig, pxelinuxFileName } from "../../../src/pxe/pxelinux.ts";
import { exportsLine, igniteDefault } from "../../../src/pxe/recipes.ts";
import { treeTexts } from "../../../src/pxe/write-tree.ts";
import { decodeAnswers } from "../../../src/restore/answers.ts";
import { needing } from "../../support/needing.ts";
import { run } from "../../support/shell.ts";
import { conf, setNamed, site } from "./site.ts";

const machine = { mac: "52:54:00:4d:4f:02", set: setNamed("web2", "web2/"), ipconf: conf, disks: {} };

test("exportsLine() gives the sets to the machines that are known, never to all the world", () => {
  const clients = (some: Partial<typeof site>) => /^\/mondo (.*)$/m.exec(exportsLine({ ...site, ...some }))?.[1];
  const options = "(ro,no_root_squash,no_subtree_check)";
  assert.is(clients({}), `10.0.0.0/255.255.255.0${options}`);
  assert.is(clients({ range: undefined }), `10.0.0.7${options}`);
  assert.is(clients({ range: undefined, machines: [] }), `NETWORK/PREFIX-LENGTH${options}`);
});

/** The append line behind a label. */
const appended = (config: string, label: string) =>
  new RegExp(`label ${label}\\n.*\\n\\s*append (.*)`).exec(config)?.[1] ?? "";

const modes = [
  ["restore_mondo", "interactive"],
  ["nuke_mondo", "nuke"],
  ["compare_mondo", "compare"],
  ["expert_mondo", "expert"],
] as const;
for (const [label, mode] of modes) {
  test(`pxelinuxConfig() has ${label}, which the rescue understands as ${mode} of its set`, () => {
    const line = appended(pxelinuxConfig(site, setNamed("nuke01"), { ...machine, set: setNamed("nuke01") }), label);
    const options = parseBootOptions(line);
    assert.is(options.mode, mode);
    assert.equal(options.complaints, []);
    assert.equal(options.network, {
      pxe: true,
      prefix: "nuke01",
      ...(conf ? { ipconf: conf } : {}),
      source: "10.0.0.2:/mondo",
      pingCount: 3,
    });
    assert.match(line, /^initrd=initrd-mondo\.img /);
  });
}

test("pxelinuxConfig() prompts as Mondo's recipes do, and starts nothing by itself but the disk", () => {
  const config = pxelinuxConfig(site, site.set);
  assert.match(config, /^prompt 1$/m);
  assert.match(config, /^timeout 50$/m);
  assert.match(config, /^default local$/m);
  assert.match(config, /^label local\n {2}localboot 0$/m);
});

test("pxelinuxFileName() is Ethernet's number and the address in lower case, with hyphens", () => {
  assert.is(pxelinuxFileName("52:54:00:4D:4F:02"), "01-52-54-00-4d-4f-02");
});

test("networkGrubConfig() gives a known card its own set, and everybody else the first", () => {
  const config = networkGrubConfig(site);
  assert.match(config, /^set source='pxe prefix=web1 nfsmount=10\.0\.0\.2:\/mondo'$/m);
  assert.match(
    config,
    /\$net_default_mac" = "52:54:00:4d:4f:02" \]; then\n {2}set place=web2\/\n {2}set source='pxe prefix=web2 /,
  );
  assert.match(config, /^set timeout=5$/m);
  assert.match(config, /^set default=local$/m);
});

test("ipxeScript() gives a known card its own set and ends in the disk", () => {
  const script = ipxeScript(site);
  assert.match(script, /^#!ipxe\n/);
  assert.match(script, /^iseq \$\{netX\/mac\} 52:54:00:4d:4f:02 && set place web2\/ \|\|$/m);
  assert.match(script, /^set first local$[\s\S]*^choose --default \$\{first\} --timeout 5000 /m);
});

test("igniteDefault() is Mondo's recipe, word for word but for addresses", () => {
  assert.is(
    appended(igniteDefault(site), "restore_mondo"),
    "initrd=initrd-mondo.img load_ramdisk=1 ramdisk_size=131072 ramdisk_blocksize=1024 rw root=/dev/ram iso_mode acpi=off apm=off " +
      "devfs=nomount exec-shield=0 pxe prefix=web1 ipconf=eth0:10.0.0.7:255.255.255.0:10.0.0.255:10.0.0.1 nfsmount=10.0.0.2:/mondo",
  );
});

test("sourceWords() names a web server in words that the rescue understands", () => {
  const words = sourceWords(
    { ...site, nfs: undefined, source: "http://web/sets", status: "http://web/status" },
    setNamed("web1"),
  );
  const { network, complaints } = parseBootOptions(words);
  assert.equal([network.source, network.prefix, complaints], ["http://web/sets", "web1", []]);
  assert.is(network.status, "http://web/status");
});

test("sourceWords() refuses what a boot loader would take apart", () => {
  const nfs = { server: "10.0.0.2", path: "/a;b" };
  assert.throws(() => sourceWords({ ...site, nfs }, setNamed("web1")), /"nfsmount=10\.0\.0\.2:\/a;b" can't be a word/);
});

const fleet = { ...site, once: "request-1", answers: "http://10.0.0.2/answers/" };

test("a machine that is to restore itself starts nuke by itself, once, and has answers; no other does", () => {
  const own = pxelinuxConfig(fleet, machine.set, machine);
  assert.match(own, /^default nuke_mondo$/m);
  assert.match(own, /^say {3}nuke_mondo .*by itself\)$/m);
  const options = parseBootOptions(appended(own, "nuke_mondo"));
  assert.equal([options.mode, options.once, options.answers], ["nuke", "request-1", "http://10.0.0.2/answers/"]);
  const others = pxelinuxConfig(fleet, fleet.set);
  assert.match(others, /^default local$/m);
  assert.not.match(others, /mondo\.(once|answers)=/);
});

test("networkGrubConfig() and ipxeScript() start nuke by themselves for the machines that were named", () => {
  const config = networkGrubConfig(fleet);
  assert.match(
    config,
    /^set default=local$[\s\S]*"52:54:00:4d:4f:02" \]; then\n[^}]*\n {2}set default=nuke_mondo\nfi/m,
  );
  const script = ipxeScript(fleet);
  assert.match(script, /^set first local$/m);
  assert.match(script, /52:54:00:4d:4f:02 && set first nuke_mondo \|\|$/m);
});

test("treeTexts() has answers for the machines whose disks were named", () => {
  const disks = { sda: { serial: "TWIN-B" } };
  const texts = treeTexts({ ...fleet, machines: [{ ...machine, disks }] });
  assert.equal(decodeAnswers(texts.get("answers/52-54-00-4d-4f-02.json") ?? "", "x"), { version: 1, disks });
  assert.not.ok([...treeTexts(site).keys()].some((path) => path.startsWith("answers/")));
});

needing(test, linuxHost().which("grub-script-check"))(
  "no translation breaks a menu that machines start from",
  async () => {
    const menus = JSON.parse(
      await run([process.execPath, join(import.meta.dirname, "../../support/menus-in-french.ts")]),
    );
    const whole = `d'"hier" $root \\ ; {#}`;
    for (const config of menus.grub) {
      const { status, stderr } = spawnSync("grub-script-check", { input: config, encoding: "utf8" });
      assert.is(status, 0, `${stderr}\n${config}`);
    }
    assert.match(menus.grub[0], `'l'\\''« There is no backup on this stick yet. » d'\\''"hier" $root`);
    const [said, item] = [
      /^say {3}local +(.*)$/m.exec(menus.pxelinux)?.[1],
      /^item local (.*)$/m.exec(menus.ipxe)?.[1],
    ];
    assert.ok(said?.includes(whole), said);
    assert.ok(item?.endsWith(whole), item);
    const commands = /^(#|set |iseq |menu |item |choose |goto |:\w+$|kernel |initrd |boot$|exit$|$)/;
    assert.equal(
      menus.ipxe.split("\n").filter((line: string) => !commands.test(line)),
      [],
    );
  },
);

test.run();
