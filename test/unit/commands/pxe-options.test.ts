import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseWords } from "../../../src/commands/parse.ts";
import { pxeCommand } from "../../../src/commands/pxe-command.ts";
import { decodeDisk, decodeMac, decodePxeOptions, decodeRange } from "../../../src/commands/pxe-options.ts";

const decode = (...words: string[]) => decodePxeOptions(parseWords(pxeCommand.spec, words), "/work");

test("decodePxeOptions() reads machines, addresses and a relative directory", () => {
  const options = decode(
    ...["--out", "tree/", "--nfs", "10.0.0.2:/mondo", "--mac", "52-54-00-AA-BB-01=web1", "-p", "web1"],
    ...["--mac", "52:54:00:aa:bb:02=web2,dhcp", "/srv/backup"],
  );
  assert.is(options.directory, "/work/tree");
  assert.is(options.place, "/srv/backup");
  assert.equal(options.nfs, { server: "10.0.0.2", path: "/mondo" });
  assert.equal(options.machines, [
    { mac: "52:54:00:aa:bb:01", prefix: "web1", ipconf: undefined },
    { mac: "52:54:00:aa:bb:02", prefix: "web2", ipconf: { device: "52:54:00:aa:bb:02", method: "dhcp" } },
  ]);
});

test("decodeMac() takes an address with or without the card's name", () => {
  const conf = "10.0.0.7:255.255.255.0:10.0.0.255:10.0.0.1";
  const named = decodeMac(`52:54:00:aa:bb:01=web1,eth0:${conf}`).ipconf;
  assert.is(named?.device, "eth0");
  const short = decodeMac(`52:54:00:aa:bb:01=web1,${conf}`).ipconf;
  assert.equal(short, { ...named, device: "52:54:00:aa:bb:01" });
});

test("decodeDisk() takes what a disk of the set and one of the machine are known by", () => {
  const mac = "52:54:00:aa:bb:01";
  assert.equal(decodeDisk(`${mac}=sda=serial:WD=1`), { mac, name: "sda", identity: { serial: "WD=1" } });
  assert.equal(decodeDisk(`${mac}=/dev/sda=path:/dev/disk/by-path/pci-0000:00:04.0`), {
    ...{ mac, name: "/dev/sda", identity: { path: "/dev/disk/by-path/pci-0000:00:04.0" } },
  });
});

const wrong: readonly (readonly [string[], RegExp])[] = [
  [[], /no directory is given/],
  [["--out", "x"], /no backup is given/],
  [["--out", "x", "a.iso", "b.iso"], /unexpected word "b.iso"/],
  [["--out", "x", "--serve"], /--serve needs --interface/],
  [["--out", "x", "--nfs", "server", "a.iso"], /--nfs server is not SERVER:\/EXPORT/],
  [["--out", "x", "--source", "http://web/a-1.iso", "a.iso"], /is not the URL of a directory/],
  [["--out", "x", "--source", "http://web/a", "--nfs", "a:/b", "a.iso"], /--nfs and --source contradict each other/],
  [["--out", "x", "--unattended", "a.iso"], /--unattended needs --mac/],
  [["--out", "x", "--answers", "/answers/", "a.iso"], /--answers needs --mac/],
  [["--out", "x", "--answers", "here", "a.iso"], /--answers here is no place of answers/],
  [["--out", "x", "--disk", "sda=serial:1", "a.iso"], /--disk sda=serial:1 is not MAC=DISK=serial:VALUE/],
  [["--out", "x", "--disk", "52:54:00:aa:bb:01=sda=serial:1", "a.iso"], /which no --mac names/],
  [["--out", "x", "--status", "web", "a.iso"], /--status web is not a URL/],
  [["--out", "x", "--server", "host", "a.iso"], /--server host is not an IPv4 address/],
  [["--out", "x", "--mac", "web1", "a.iso"], /--mac web1 is not MAC=PREFIX/],
  [["--out", "x", "--mac", "52:54:00:aa:bb:01=", "a.iso"], /is not MAC=PREFIX/],
  [["--out", "x", "--mac", "52:54:00:aa:bb:01=a,10.0.0.1", "a.iso"], /"10.0.0.1" is not an address/],
  [["--out", "x", "--mac", "52:54:00:aa:bb:01=../a", "a.iso"], /can't be part of a boot loader's paths/],
  [["--out", "x", "--prefix", "a b", "a.iso"], /the prefix "a b"/],
  [["--out", "x", "--mac", "52:54:00:aa:bb:01=a", "--mac", "52-54-00-AA-BB-01=b", "a.iso"], /given more than once/],
];
for (const [words, says] of wrong) {
  test(`decodePxeOptions(${words.join(" ")}) is a usage error: ${says.source}`, () => {
    assert.throws(() => decode(...words), says);
  });
}

for (const range of ["10.0.0.1", "10.0.0.9,10.0.0.1", "10.0.0.1,10.0.1.9", "10.0.0.1,10.0.0.9,255.0.255.0", "a,b"]) {
  test(`decodeRange("${range}") is refused`, () => assert.throws(() => decodeRange(range), /is not FIRST,LAST/));
}

test("decodeRange() takes a netmask of its own", () => {
  assert.equal(decodeRange("10.0.0.1,10.0.1.9,255.255.254.0"), {
    first: "10.0.0.1",
    last: "10.0.1.9",
    netmask: "255.255.254.0",
  });
});

test.run();
