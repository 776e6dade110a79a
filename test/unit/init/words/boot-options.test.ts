import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseBootOptions } from "../../../../src/init/words/boot-options.ts";
import { allWords, bootWords, renderBootWords } from "../../../../src/init/words/boot-words.ts";
import { splitCommandLine } from "../../../../src/init/words/sort-words.ts";

test("splitCommandLine() keeps what double quotes hold together and drops the quotes", () => {
  assert.equal(splitCommandLine('a  "b c" d="e f" g\n'), ["a", "b c", "d=e f", "g"]);
});

test("splitCommandLine() takes an open quote to the end, and passes over --", () => {
  assert.equal(splitCommandLine('x -- "y z'), ["x", "y z"]);
  assert.equal(splitCommandLine(""), []);
});

test("a complaint about a URL shows no password", () => {
  const { complaints } = parseBootOptions(
    "mondo.source=ftp://joe:s3c/r@et@nas:x/sets mondo.sorce=ftp://joe:s3cret@nas/b",
  );
  assert.is(complaints.length, 2);
  assert.match(complaints[1] ?? "", /^mondo.source=ftp:\/\/joe@nas:x\/sets: expected /);
  assert.match(complaints[0] ?? "", /^mondo.sorce=ftp:\/\/joe@nas\/b: there is no such boot word/);
});

const modes: readonly (readonly [line: string, mode: string])[] = [
  ["", "interactive"],
  ["nuke", "nuke"],
  ["nuke_mode", "nuke"],
  ["RESTORE", "nuke"],
  ["nuke restore", "nuke"],
  ["compare_mode", "compare"],
  ["nuke compare", "compare"],
  ["expert", "expert"],
  ["expert_mode interactive", "expert"],
  ["compare interactive_mode", "compare"],
  ["expert nuke", "expert"],
  ["iso_mode", "interactive"],
];
for (const [line, mode] of modes) {
  test(`parseBootOptions("${line}") chooses ${mode}`, () => assert.is(parseBootOptions(line).mode, mode));
}

const traps = [
  "prefix=nuke01",
  "prefix=nuke",
  "nfsmount=expert:/export",
  "nfsmount=server:/expert",
  "nfsmount=server:/iso",
  "nfsmount=nuke.example:/compare",
  "ipconf=nuke0:dhcp",
  "root=/dev/nuke",
  "hostname=compare",
  "ip=10.0.0.5::10.0.0.1:24:nuke:eth0:none",
  "bond=nuke:eth0,eth1",
  "vlan=expert.5:expert",
  "nukes",
  "nonuke",
  "Nuke",
  'foo="a nuke b"',
  "nuke=1",
  "nuke.set=1",
];
for (const line of traps) {
  test(`parseBootOptions("${line}") does not see a mode in it`, () => {
    assert.is(parseBootOptions(line).mode, "interactive");
  });
}

test("parseBootOptions() takes the first mondo.source= for the set, and the others for copies of it", () => {
  const { network, complaints } = parseBootOptions(
    "mondo.source=s3://backups/web1 mondo.source=https://joe:secret@web/b mondo.source=LABEL=KEYS:/b mondo.source=nas:/b",
  );
  assert.equal([network.source, network.spares], ["s3://backups/web1", ["https://joe:secret@web/b", "nas:/b"]]);
  assert.equal(complaints, ["mondo.source=LABEL=KEYS:/b: ignored, because only servers are looked at for copies"]);
});

test("parseBootOptions() takes servers behind a disk or stick for copies, none behind a tape", () => {
  const disk = parseBootOptions("mondo.source=UUID=1-2:/b mondo.source=nas:/b mondo.source=/dev/sdb1:/b");
  assert.equal(disk.network.store, { device: "UUID=1-2", below: "/b" });
  assert.equal([disk.network.source, disk.network.spares], [undefined, ["nas:/b"]]);
  assert.equal(disk.complaints, ["mondo.source=/dev/sdb1:/b: ignored, because only servers are looked at for copies"]);
  const tape = parseBootOptions("mondo.source=tape: mondo.source=nas:/b");
  assert.is(tape.network.spares, undefined);
  assert.equal(tape.complaints, ["mondo.source=nas:/b: ignored, because a set on tape is read from there alone"]);
});

test("parseBootOptions() reads the append lines of old PXE configurations without a complaint", () => {
  const options = parseBootOptions(
    "initrd=initrd/initrd-mondo.img ramdisk_size=32768 prefix=m1 load_ramdisk=1 prompt_ramdisk=0 rw root=/dev/ram iso_mode " +
      "acpi=off apm=off devfs=nomount exec-shield=0 pxe ipconf=eth1:192.168.0.1:255.255.255.0:192.168.0.255:192.168.0.254 " +
      "nfsmount=192.168.0.10:/mondo ping=5",
  );
  assert.is(options.mode, "interactive");
  assert.equal(options.complaints, []);
  assert.equal(options.network, {
    pxe: true,
    prefix: "m1",
    ipconf: {
      device: "eth1",
      method: "static",
      address: "192.168.0.1",
      netmask: "255.255.255.0",
      broadcast: "192.168.0.255",
      gateway: "192.168.0.254",
    },
    source: "192.168.0.10:/mondo",
    pingCount: 5,
  });
});

test("parseBootOptions() reads the append lines of Mondo's documents, word for word", () => {
  const pxe =
    "root=/dev/ram rw pxe initrd=initrd/initrd-mondo.img ramdisk_size=32768 prefix=mach1 load_ramdisk=1 prompt_ramdisk=0 " +
    "ipconf=eth1:192.168.0.1:255.255.255.0:192.168.0.255:192.168.0.254 nfsmount=192.168.0.10:/export/mondo ping=5";
  const ignite =
    "initrd=initrd-mondo.img load_ramdisk=1 ramdisk_size=131072 ramdisk_blocksize=1024 rw root=/dev/ram iso_mode acpi=off " +
    "apm=off devfs=nomount exec-shield=0 pxe prefix=mondorescue " +
    "ipconf=eth0:192.168.2.111:255.255.255.0:192.168.2.255:192.168.2.2 nfsmount=192.168.2.10:/images/Linux";
  for (const [line, prefix, source, pings] of [
    [pxe, "mach1", "192.168.0.10:/export/mondo", 5],
    [ignite, "mondorescue", "192.168.2.10:/images/Linux", 3],
  ] as const) {
    const { mode, network, complaints } = parseBootOptions(line);
    assert.equal([mode, network.prefix, network.source, network.pingCount], ["interactive", prefix, source, pings]);
    assert.equal(complaints, []);
  }
});

const old = [
  ..."ramdisk_size=32768 ramdisk_blocksize=1024 load_ramdisk=1 prompt_ramdisk=0 devfs=nomount acpi=off apm=off".split(
    " ",
  ),
  ..."exec-shield=0 selinux=0 vga=normal vga=791 noapic nolapic ide=nodma maxcpus=1 barrier=off ro rw".split(" "),
  ..."noscsi nousb nofirewire splash=silent 1 single --".split(" "),
];
test("parseBootOptions() passes over words that no longer mean anything, and the kernel's own", () => {
  const { complaints, mode, modeGiven, consoles } = parseBootOptions(
    `${old.join(" ")} console=ttyS1,9600n8 console=tty0`,
  );
  assert.equal([complaints, mode, modeGiven], [[], "interactive", false]);
  assert.equal(consoles, ["ttyS1", "tty0"]);
});

const malformed: readonly (readonly [word: string, expected: RegExp])[] = [
  ["ipconf=eth0:1.2.3.4", /expected ipconf=DEV:IP:NETMASK:BROADCAST:GATEWAY/],
  ["ipconf=eth0:192.168.0.1:255.0.255.0:192.168.0.255:192.168.0.254", /expected ipconf=/],
  ["ipconf=eth0:dhcp:", /expected ipconf=/],
  ["ipconf=:dhcp", /expected ipconf=/],
  ["nfsmount=server", /expected nfsmount=SERVER:\/EXPORT/],
  ["nfsmount=server:relative", /expected nfsmount=/],
  ["ping=many", /expected ping=N/],
  ["ip=eth0", /expected ip=\[DEV:\]dhcp/],
  ["ip=10.0.0.5::10.0.0.1", /expected ip=/],
  ["ip=10.0.0.5::10.0.0.1:255.0.255.0::eth0:none", /expected ip=/],
  ["ip=10.0.0.5::gateway:24::eth0:none", /expected ip=/],
  ["ip=[fd00::5]::fd00::1:64::eth0:none", /expected ip=/],
  ["ip=[fd00::5]::[fd00::1]:129::eth0:none", /expected ip=/],
  ["ip=[10.0.0.5]::[fd00::1]:64::eth0:none", /expected ip=/],
  ["ip=fd00::5", /expected ip=/],
  ["ip=dhcp7", /expected ip=/],
  ["ipconf=eth0:[fd00::5]", /expected ipconf=/],
  ["ipconf=eth0:[fd00::5]/64:fd00::1", /expected ipconf=/],
  ["ipconf=eth0:[fd00:5]/64", /expected ipconf=/],
  ["nameserver=[10.0.0.1", /expected nameserver=IP/],
  ["nameserver=dns", /expected nameserver=IP/],
  ["mondo.source=gopher://server/x.iso", /expected mondo.source=URL/],
  ["mondo.source=/x.iso", /expected mondo.source=URL/],
  ["mondo.status=overseer", /expected mondo.status=URL/],
  ["mondo.source", /expected mondo.source=URL/],
  ["vlan=vlan5", /expected vlan=vlanN:DEV/],
  ["vlan=vlan4095:eth0", /expected vlan=/],
  ["vlan=eth1.5:eth0", /expected vlan=/],
  ["bond=bond0", /expected bond=NAME:DEV,DEV/],
  ["bond=bond0:eth0,eth1:speed=10", /expected bond=/],
  ["bond=bond0:eth0,:mode=802.3ad", /expected bond=/],
  ["prefix=", /expected prefix=NAME/],
  ["prefix=a/b", /expected prefix=NAME/],
  ["mondo.set=42", /expected mondo.set=UUID/],
  ["mondo.set", /expected mondo.set=UUID/],
  ["mondo.shell=1", /expected mondo.shell/],
  ["mondo.forcemods=", /expected mondo.forcemods=A,B/],
  ["mondo.denymods=a,,b", /expected mondo.denymods=A,B/],
  ["mondo.answers=", /expected mondo.answers=URL/],
  ["mondo.answers=answers.json", /expected mondo.answers=URL/],
  ["mondo.answers=ftp://server/a.json", /expected mondo.answers=URL/],
  ["mondo.once=", /expected mondo.once=NAME/],
  ["mondo.once=a/b", /expected mondo.once=NAME/],
  ["mondo.nonsense", /there is no such boot word/],
];
for (const [word, expected] of malformed) {
  test(`parseBootOptions("${word}") complains once, naming the word`, () => {
    const { complaints } = parseBootOptions(`quiet ${word}`);
    assert.is(complaints.length, 1);
    assert.ok(complaints[0]?.startsWith(word));
    assert.match(complaints[0] ?? "", expected);
  });
}

const eth0 = { device: "eth0", method: "static", netmask: "255.255.255.0", gateway: "10.0.0.1" } as const;
const fixed = { ...eth0, address: "10.0.0.5", broadcast: "10.0.0.255" };
const six = { device: "eth0", method: "static6", address: "2001:db8::2", prefixLength: 64, gateway: "2001:db8::1" };
const { gateway: _, ...alone } = six;
const addresses: readonly (readonly [word: string, conf: object])[] = [
  ["ip=dhcp", { device: undefined, method: "dhcp" }],
  ["ip=on", { device: undefined, method: "dhcp" }],
  ["ip=eth0:dhcp", { device: "eth0", method: "dhcp" }],
  ["ip=52-54-00-AA-BB-CC:dhcp", { device: "52:54:00:aa:bb:cc", method: "dhcp" }],
  ["ip=:::::eth0:dhcp", { device: "eth0", method: "dhcp" }],
  ["ip=10.0.0.5::10.0.0.1:255.255.255.0:web1:eth0:none", fixed],
  ["ip=10.0.0.5::10.0.0.1:24::eth0:off", fixed],
  ["ip=10.0.0.5::10.0.0.1:24::eth0:none:1500:52-54-00-aa-bb-cc", fixed],
  ["ip=10.0.0.5:10.0.0.2:10.0.0.1:24", { ...fixed, device: undefined }],
  ["ip=10.0.0.5:::24::eth0:none", { ...fixed, gateway: "0.0.0.0" }],
  ["ip=auto6", { device: undefined, method: "auto6" }],
  ["ip=dhcp6", { device: undefined, method: "auto6" }],
  ["ip=eth0:either6", { device: "eth0", method: "auto6" }],
  ["ip=eth0:auto6", { device: "eth0", method: "auto6" }],
  ["ip=:::::eth0:auto6", { device: "eth0", method: "auto6" }],
  ["ipconf=52-54-00-aa-bb-cc:auto6", { device: "52:54:00:aa:bb:cc", method: "auto6" }],
  ["ip=[2001:DB8::2]::[2001:db8::1]:64:web1:eth0:none", six],
  ["ip=[2001:db8:0:0::2]:::64::eth0:off:[fd00::53]", alone],
  ["ipconf=eth0:[2001:db8::2]/64:[2001:db8::1]", six],
  ["ipconf=*:[2001:db8::2]/64", { ...alone, device: undefined }],
  ["ipconf=*:dhcp", { device: undefined, method: "dhcp" }],
  ["ip=eth0:dhcp ipconf=eth0:10.0.0.5:255.255.255.0:10.0.0.255:10.0.0.1", { device: "eth0", method: "dhcp" }],
];
for (const [words, conf] of addresses) {
  test(`parseBootOptions("${words}") gives ${JSON.stringify(conf)}`, () => {
    const { network, complaints } = parseBootOptions(words);
    assert.equal(complaints, []);
    assert.equal(network.ipconf, conf);
    assert.is(network.further, undefined);
  });
}

for (const place of ["http://s/a/", "https://u:p@s/a.json", "LABEL=KEYS:/a.json", "/dev/sdb1:/a.json", "/a/"]) {
  test(`parseBootOptions("mondo.answers=${place}") takes the place as it is`, () => {
    const options = parseBootOptions(`mondo.answers=${place} mondo.once=r-1`);
    assert.equal([options.answers, options.once, options.complaints], [place, "r-1", []]);
  });
}

test("parseBootOptions() tells whether a word chose the mode", () => {
  for (const words of ["nuke", "iso_mode", "interactive_mode", "compare", "expert", "RESTORE"]) {
    assert.ok(parseBootOptions(words).modeGiven);
  }
  assert.not.ok(parseBootOptions("prefix=nuke pxe").modeGiven);
});

const contradictions: readonly (readonly [words: string, ignored: readonly string[], winner: string])[] = [
  ["nuke expert", ["nuke"], "expert"],
  ["RESTORE nuke compare", ["nuke", "RESTORE"], "compare"],
  ["interactive iso_mode nuke_mode", ["nuke"], "interactive and iso_mode"],
  ["expert compare interactive nuke", ["interactive", "nuke", "compare"], "expert"],
];
for (const [words, ignored, winner] of contradictions) {
  test(`parseBootOptions("${words}") lets the least harmful mode win, and says so of each other word`, () => {
    const { complaints, unattended } = parseBootOptions(words);
    const said = (word: string) =>
      `${word}: ignored, because ${winner} is given, too; of contradicting modes the least harmful wins`;
    assert.equal(complaints, ignored.map(said));
    assert.not.ok(unattended);
  });
}

test("parseBootOptions() takes the URL of a source as it is", () => {
  const url = "https://web.example:8443/a%20b/nuke-1.iso?x=1";
  const { network, complaints, mode } = parseBootOptions(`mondo.source=${url}`);
  assert.equal([network.source, complaints, mode], [url, [], "interactive"]);
});

test("parseBootOptions() takes several cards, name servers, a bond and a VLAN over it", () => {
  const { network, complaints } = parseBootOptions(
    "ipconf=vlan5:dhcp ip=eth2:dhcp ip=10.0.0.5::10.0.0.1:24::eth3:none:10.0.0.3:10.0.0.4 nameserver=10.0.0.9 " +
      "bond=bond0:eth0,52-54-00-aa-bb-cc:mode=802.3ad,lacp_rate=fast vlan=vlan5:bond0",
  );
  assert.equal(complaints, []);
  assert.equal(network.ipconf, { device: "vlan5", method: "dhcp" });
  assert.equal(
    network.further?.map(({ device }) => device),
    ["eth2", "eth3"],
  );
  assert.equal(network.nameServers, ["10.0.0.9", "10.0.0.3", "10.0.0.4"]);
  assert.equal(network.vlans, [{ name: "vlan5", parent: "bond0", id: 5, scheme: 2 }]);
  const options = [
    ["mode", "802.3ad"],
    ["lacp_rate", "fast"],
  ];
  assert.equal(network.bonds, [{ name: "bond0", members: ["eth0", "52:54:00:aa:bb:cc"], options }]);
});

const vlans = [
  ["vlan5:eth0", 2],
  ["vlan0005:eth0", 0],
  ["eth0.5:eth0", 3],
  ["eth0.0005:eth0", 1],
] as const;
for (const [word, scheme] of vlans) {
  test(`parseBootOptions("vlan=${word}") has the kernel name it by its scheme ${scheme}`, () => {
    const [name = "", parent = ""] = word.split(":");
    assert.equal(parseBootOptions(`vlan=${word}`).network.vlans, [{ name, parent, id: 5, scheme }]);
  });
}

test("parseBootOptions() understands the flags", () => {
  const options = parseBootOptions("RESTORE textonly noresize nopart donteject mondo.shell mondo.debug");
  assert.equal(
    [
      options.unattended,
      options.textOnly,
      options.resize,
      options.partition,
      options.eject,
      options.shell,
      options.debug,
    ],
    [true, true, false, false, false, true, true],
  );
});

test("parseBootOptions() lets the last of a valued word count, and makes the set's id lower-case", () => {
  const options = parseBootOptions("prefix=a prefix=b=c mondo.set=7F1B6F0E-8F43-4D7C-9A63-0A6F1E2D3C4B");
  assert.is(options.network.prefix, "b=c");
  assert.is(options.set, "7f1b6f0e-8f43-4d7c-9a63-0a6f1e2d3c4b");
});

test("parseBootOptions() collects modules and parameters with underscores, and consoles without speed", () => {
  const options = parseBootOptions(
    "mondo.forcemods=usb-storage,aacraid mondo.denymods=e1000e usb-storage.quirks=1:2:u usb_storage.delay_use=5 " +
      "console=tty0 console=ttyS1,115200n8",
  );
  assert.equal(options.forceModules, ["usb_storage", "aacraid"]);
  assert.equal(options.denyModules, ["e1000e"]);
  assert.equal(options.moduleParameters.get("usb_storage"), ["quirks=1:2:u", "delay_use=5"]);
  assert.equal(options.consoles, ["tty0", "ttyS1"]);
});

test("renderBootWords() shows every word", () => {
  const text = renderBootWords(80).replace(/\s+/g, " ");
  for (const { syntax } of allWords(bootWords)) assert.ok(text.includes(syntax), syntax);
});

test("parseBootOptions() takes any line of noise", () => {
  for (let round = 0; round < 300; round += 1) {
    const noise = Array.from({ length: 60 }, () => String.fromCharCode(32 + Math.floor(Math.random() * 95))).join("");
    assert.is(parseBootOptions(noise).mode, "interactive");
  }
});

test.run();
