import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { run } from "../support/shell.ts";
import { hasUml, inUml } from "../support/uml.ts";

const test = suite("network on a kernel of its own");
const work = mkdtempSync(join(tmpdir(), "mondo-network-"));
test.after(() => rmSync(work, { recursive: true, force: true }));

const support = join(import.meta.dirname, "../support");
const program = `${process.execPath} ${join(support, "network-in-uml.ts")}`;
const webServer = `${process.execPath} ${join(support, "web-server.ts")}`;

/** An image of 24 MiB with two files, and their checksum. */
async function makeIso(): Promise<string> {
  const tree = join(work, "tree");
  mkdirSync(tree, { recursive: true });
  for (const name of ["one", "two"]) {
    writeFileSync(join(tree, name), crypto.getRandomValues(new Uint8Array(65536)));
    await run(["truncate", "-s", "12M", join(tree, name)]);
  }
  await run(["xorriso", "-as", "mkisofs", "-quiet", "-r", "-o", join(work, "set-1.iso"), tree]);
  return (await run(["sha256sum", join(work, "set-1.iso")])).slice(0, 64);
}

if (hasUml()) {
  test("attachHttpDisk() gives the file byte for byte, though connections break and the server is killed meanwhile", async () => {
    const sum = await makeIso();
    const size = Number((await run(["stat", "-c", "%s", join(work, "set-1.iso")])).trim());
    const read = `cd ${support}; (sleep 2; kill -9 $(cat /tmp/pid); sleep 4; exec ${webServer} ${work}) >/dev/null 2>&1 &
for part in 0 1 2 3; do dd if=/dev/nbd0 bs=1M skip=$((part * 6)) count=6 status=none; sleep 1; done >/tmp/copy
dd if=/dev/nbd0 bs=1M skip=24 status=none >>/tmp/copy
head -c ${size} /tmp/copy | sha256sum; cat /run/mondo/http-source.log`;
    writeFileSync(join(work, "read.sh"), read);
    const output = await inUml(`modprobe nbd; ip link set lo up
${webServer} ${work} & echo $! >/tmp/pid
sleep 3
${program} web http://127.0.0.1/set-1.iso 'bash -e ${join(work, "read.sh")}'`);
    assert.match(output, new RegExp(`^${sum} `, "m"));
    assert.match(output, /^afterwards 0$/m, "the disk is gone");
  });

  test("attachHttpDisk() tells in one sentence that there is no such file, and that there is no server", async () => {
    const output = await inUml(`modprobe nbd; ip link set lo up
${program} web http://127.0.0.1/nothing.iso true 2>&1 || true
${webServer} ${work} &
sleep 3
${program} web http://127.0.0.1/nothing.iso true 2>&1 || true`);
    assert.match(output, /http:\/\/127\.0\.0\.1\/nothing\.iso can't be read after 3 tries: /);
    assert.match(output, /the web server has no http:\/\/127\.0\.0\.1\/nothing\.iso/);
  });

  test("makeVirtualLinks() makes an 802.3ad bond and a VLAN over it, and takes both away", async () => {
    const output = await inUml(`modprobe dummy; modprobe veth
ip link add eth0 type veth peer name far0
ip link add eth1 address 52:54:00:00:00:99 type veth peer name far1
${program} links bond=bond0:eth0,52-54-00-00-00-99:mode=802.3ad,lacp_rate=fast vlan=vlan5:bond0`);
    assert.match(output, /bond0: .* bond mode 802\.3ad miimon 100 .* lacp_rate fast/);
    assert.match(output, /vlan5@bond0: .* vlan protocol 802\.1Q id 5 /);
    assert.match(output, /^eth0 eth1$/m, "both are members");
    const after = /^afterwards (.*)$/m.exec(output)?.[1] ?? "bond0";
    assert.not.match(after, /bond0|vlan5/);
  });

  test("makeVirtualLinks() names a mode that the bonding driver doesn't know", async () => {
    const output = await inUml(`modprobe veth
ip link add eth0 type veth peer name far0
${program} links bond=bond0:eth0:mode=fastest 2>&1 || true`);
    assert.match(output, /the bond bond0 does not take mode=fastest/);
  });
}

/** A real NFSv4 server of /mnt, a file system in memory, as /mondo. */
const serveNfs = (more: string) => `mount -t tmpfs none /mnt; mkdir -p /mnt/monday /run/ganesha /tmp/state
cat >/tmp/ganesha.conf <<END
NFS_CORE_PARAM { Protocols = 4; Enable_NLM = false; Enable_RQUOTA = false; }
NFSV4 { RecoveryBackend = fs; RecoveryRoot = /tmp/state; ${more} }
EXPORT { Export_Id = 1; Path = /mnt; Pseudo = /mondo; Access_Type = RW; Squash = No_Root_Squash; FSAL { Name = VFS; } }
END
ip link set lo up
ganesha.nfsd -F -f /tmp/ganesha.conf -L /tmp/ganesha.log -p /tmp/ganesha.pid &
until ss -Hltn | grep -q :2049; do sleep 0.2; done
modprobe nfsv4`;

if (hasUml() && Bun.which("ganesha.nfsd")) {
  test("withShare() mounts a share to write to, finds one that is mounted, and leaves nothing mounted", async () => {
    const inner = `${program} share 127.0.0.1:/mondo "pwd; echo second >monday/two"`;
    writeFileSync(join(work, "share.sh"), `pwd; echo first >monday/one; ${inner}`);
    const console = await inUml(`${serveNfs("Graceless = true;")}
${program} share 127.0.0.1:/mondo 'bash -e ${join(work, "share.sh")}'
cat /mnt/monday/one /mnt/monday/two
grep -c ' nfs4 ' /proc/mounts || true
${program} share 127.0.0.1:/nothing true 2>&1 || true`);
    const output = console.replaceAll("\r", "");
    assert.match(output, /\/run\/mondo-share\n\/run\/mondo-share\nfirst\nsecond\n0\n/);
    assert.match(output, /127\.0\.0\.1 has no export \/nothing/);
    assert.match(output, /or give another -n SERVER:\/EXPORT\./);
  });

  test("mountNfs() mounts so that a server which is killed and comes back is waited for: every byte arrives", async () => {
    const size = 24 << 20;
    const read = `cd /; dd if=/run/mondo-share/file bs=1M count=4 status=none >/tmp/copy
kill -9 $(cat /tmp/ganesha.pid); echo killed
echo 3 >/proc/sys/vm/drop_caches
(sleep 5; rm -f /tmp/ganesha.pid; exec ganesha.nfsd -F -f /tmp/ganesha.conf -L /tmp/ganesha.log -p /tmp/ganesha.pid) >/dev/null 2>&1 &
dd if=/run/mondo-share/file bs=1M skip=4 status=none >>/tmp/copy
sha256sum </tmp/copy; sha256sum </mnt/file`;
    writeFileSync(join(work, "returns.sh"), read);
    const console = await inUml(`${serveNfs("Lease_Lifetime = 10; Grace_Period = 15;")}
head -c ${size} /dev/urandom >/mnt/file
${program} share 127.0.0.1:/mondo 'bash -e ${join(work, "returns.sh")}'`);
    assert.match(console.replaceAll("\r", ""), /killed\n([0-9a-f]{64}) {2}-\n\1 {2}-\n/);
  });
}

test.run();
