import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { needing } from "../support/needing.ts";
import { run } from "../support/shell.ts";
import { SMB_USER, smbConfiguration } from "../support/smb-server.ts";
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

needing(test, hasUml())(
  "attachRemote() gives a web server's file byte for byte, though connections break and the server is killed meanwhile",
  async () => {
    const sum = await makeIso();
    const read = `(sleep 2; kill -9 $(cat /tmp/pid); sleep 4; cd ${support}; exec ${webServer} ${work}) >/dev/null 2>&1 &
for part in 0 1 2 3; do dd if=set-1.iso bs=1M skip=$((part * 6)) count=6 status=none; sleep 1; done >/tmp/copy
dd if=set-1.iso bs=1M skip=24 status=none >>/tmp/copy
sha256sum </tmp/copy; cat /run/mondo/remote.log`;
    writeFileSync(join(work, "read.sh"), read);
    const output = await inUml(`modprobe fuse; ip link set lo up
${webServer} ${work} & echo $! >/tmp/pid
sleep 3
${program} web http://127.0.0.1 set-1.iso 'bash -e ${join(work, "read.sh")}'`);
    assert.match(output, new RegExp(`^${sum} `, "m"));
    assert.match(output, /^afterwards 0$/m, "the directory is gone");
  },
);

needing(test, hasUml())("attachRemote() tells in one sentence that there is no web server", async () => {
  const output = await inUml(`modprobe fuse; ip link set lo up
${program} web http://127.0.0.1 nothing.iso true 2>&1 || true`);
  assert.match(output, /http:\/\/127\.0\.0\.1\/nothing\.iso can't be read after 3 tries: /);
});

needing(test, hasUml())(
  "makeVirtualLinks() makes an 802.3ad bond that finds its partner, and a VLAN over it, and takes both away",
  async () => {
    writeFileSync(
      join(work, "links.sh"),
      `ip -d -o link; echo members $(cat /sys/class/net/bond0/bonding/slaves)
ip address add 10.78.0.9/24 dev vlan5
for try in $(seq 100); do grep -qi ^02:00:00:00:00:77 /sys/class/net/bond0/bonding/ad_partner_mac && break; sleep 0.2; done
echo partner $(cat /sys/class/net/bond0/bonding/ad_partner_mac) ports $(cat /sys/class/net/bond0/bonding/ad_num_ports)
for try in $(seq 50); do echo >/dev/udp/10.78.0.1/9; ip neigh show 10.78.0.1 | grep lladdr && break; sleep 0.2; done`,
    );
    const output = await inUml(`modprobe veth; modprobe bonding; modprobe 8021q
ip netns add partner; there="ip -n partner"
ip link add eth0 type veth peer name far0 netns partner
ip link add eth1 address 52:54:00:00:00:99 type veth peer name far1 netns partner
$there link add trunk address 02:00:00:00:00:77 type bond mode 802.3ad lacp_rate fast miimon 100
for far in far0 far1; do $there link set $far master trunk; done
$there link set trunk up; $there link add link trunk name trunk.5 type vlan id 5
$there address add 10.78.0.1/24 dev trunk.5; $there link set trunk.5 up
${program} links 'bash -e ${join(work, "links.sh")}' bond=bond0:eth0,52-54-00-00-00-99:mode=802.3ad,lacp_rate=fast vlan=vlan5:bond0`);
    assert.match(output, /bond0: .* bond mode 802\.3ad miimon 100 .* lacp_rate fast/);
    assert.match(output, /vlan5@bond0: .* vlan protocol 802\.1Q id 5 /);
    assert.match(output, /^members eth0 eth1$/m);
    assert.match(output, /^partner 02:00:00:00:00:77 ports 2$/m, "both cables are one link");
    assert.match(output, /^10\.78\.0\.1 dev vlan5 lladdr 02:00:00:00:00:77 /m, "the host on the VLAN answers");
    const after = /^afterwards (.*)$/m.exec(output)?.[1] ?? "bond0";
    assert.not.match(after, /bond0|vlan5/);
  },
);

needing(test, hasUml())("makeVirtualLinks() names a mode that the bonding driver doesn't know", async () => {
  const output = await inUml(`modprobe veth
ip link add eth0 type veth peer name far0
${program} links true bond=bond0:eth0:mode=fastest 2>&1 || true`);
  assert.match(output, /the bond bond0 does not take mode=fastest/);
});

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

needing(test, hasUml() && Bun.which("ganesha.nfsd"))(
  "withShare() mounts a share to write to, finds one that is mounted, and leaves nothing mounted",
  async () => {
    const inner = `${program} share 127.0.0.1:/mondo "pwd; echo second >monday/two"`;
    writeFileSync(join(work, "share.sh"), `pwd; echo first >monday/one; ${inner}`);
    const console = await inUml(`${serveNfs("Graceless = true;")}
${program} share 127.0.0.1:/mondo 'bash -e ${join(work, "share.sh")}'
cat /mnt/monday/one /mnt/monday/two
grep -c ' nfs4 ' /proc/mounts || true
${program} share 127.0.0.1:/nothing true 2>&1 || true`);
    const output = console.replaceAll("\r", "");
    assert.match(
      output,
      /\/run\/mondo-share\n\{"source":"127\.0\.0\.1:\/mondo\/below"\}\n\/run\/mondo-share\nfirst\nsecond\n0\n/,
    );
    assert.match(output, /127\.0\.0\.1 has no export \/nothing/);
    assert.match(output, /or give another -n SERVER:\/EXPORT\./);
  },
);

needing(test, hasUml() && Bun.which("ganesha.nfsd"))(
  "mountNfs() mounts so that a server which is killed and comes back is waited for: every byte arrives",
  async () => {
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
  },
);

const sftpServer = "/usr/lib/openssh/sftp-server";

needing(test, hasUml() && existsSync(sftpServer))(
  "attachRemote() reads and writes by SFTP; a connection that breaks in the middle costs no byte",
  async () => {
    const work2 = `dd if=/dev/urandom of=/tmp/file bs=1M count=40 status=none
(for time in 1 2 3; do sleep 1; kill -9 $(pgrep -x sftp-server | head -1) && echo killed; done) >/tmp/killed 2>&1 &
for part in 0 1 2 3 4 5 6 7; do dd if=/tmp/file bs=64k skip=$((part * 80)) count=80 status=none; sleep 0.5; done >new
for part in 0 1 2 3 4; do dd if=other bs=1M skip=$((part * 4)) count=4 status=none; sleep 0.3; done >/tmp/copy
cmp new /tmp/file && cmp new /srv/there/new && cmp /tmp/copy /srv/there/other && echo same
grep -c killed /tmp/killed
mkdir -p a/b; mv new a/b/later; echo x >a/b/x; echo y >a/b/y; mv a/b/y a/b/x; cat /srv/there/a/b/x; mv a c; ls -R /srv/there
stat -c '%a %n' /srv/there/c/b/later /srv/there/c
rm -r c; ls; truncate -s 5 other; stat -c %s /srv/there/other
cat nothing 2>&1 || true`;
    writeFileSync(join(work, "sftp.sh"), work2);
    const output = await inUml(`modprobe fuse; mkdir -p /srv; mount -t tmpfs none /srv; mkdir /srv/there
dd if=/dev/urandom of=/srv/there/other bs=1M count=20 status=none
${program} sftp /srv/there write 'bash -e ${join(work, "sftp.sh")}'
${program} sftp /srv/there read 'echo x >new || echo refused' 2>&1
${program} sftp /srv/nowhere read true 2>&1 || true`);
    const text = output.replaceAll("\r", "");
    assert.match(text, /^same\n[1-3]\ny\n/m, text);
    assert.match(text, /^600 \/srv\/there\/c\/b\/later\n700 \/srv\/there\/c\nother\n5\n/m);
    assert.match(text, /cat: nothing: No such file or directory/);
    assert.match(text, /Read-only file system[\s\S]*refused|refused/);
    assert.match(text, /there has no directory \/srv\/nowhere/);
  },
);

/** A real SSH server on port 22 of the kernel of its own, whose key is known; root's own key is let in. */
const serveSsh = `modprobe fuse; ip link set lo up; mount -t tmpfs none /srv; mkdir -p /srv/there /run/sshd /dev/pts
rm -rf /root/.ssh; mkdir -m 700 /root/.ssh; mount -t devpts none /dev/pts
ssh-keygen -q -t ed25519 -N '' -f /tmp/host_key; ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
cp /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys
printf '%s\\n' 'HostKey /tmp/host_key' 'PidFile /tmp/sshd.pid' 'Subsystem sftp internal-sftp' 'UsePAM no' 'StrictModes no' 'ListenAddress 127.0.0.1' >/tmp/sshd_config
/usr/sbin/sshd -f /tmp/sshd_config
export HOME=/root`;

needing(test, hasUml() && existsSync("/usr/sbin/sshd"))(
  "a share of an SSH server is mounted when its key is known, and what the rescue needs of it is handed on",
  async () => {
    const output = await inUml(`${serveSsh}
${program} share root@127.0.0.1:/srv/there 'true' 2>&1 || true
echo "127.0.0.1 $(cut -d' ' -f1,2 /tmp/host_key.pub)" >/root/.ssh/known_hosts
ssh-keygen -q -H -f /root/.ssh/known_hosts
${program} share root@127.0.0.1:/srv/there 'pwd; echo first >one; stat -c %a /run/mondo/ssh-share'
cat /srv/there/one
${program} share root@127.0.0.1:/srv/nowhere 'true' 2>&1 || true
rm /root/.ssh/authorized_keys; ls /run/mondo
${program} share root@127.0.0.1:/srv/there 'true' </dev/null 2>&1 || true`);
    const text = output.replaceAll("\r", "");
    assert.match(
      text,
      /The SSH server 127\.0\.0\.1 is not known here: ED25519 SHA256:\S+, and nobody has confirmed this key/,
    );
    assert.match(
      text,
      /"source":"sftp:\/\/root@127\.0\.0\.1:22\/srv\/there\/below","knownHosts":"mondo-share ssh-ed25519 /,
    );
    assert.match(text, /\/run\/mondo-share\n700\nfirst\n/);
    assert.match(text, /127\.0\.0\.1 has no directory \/srv\/nowhere/);
    assert.not.match(text, /^ssh-share$/m, "nothing of ssh is left");
    assert.match(text, /Password of root@127\.0\.0\.1 .* is wanted, and there is no terminal to ask on/);
  },
);

needing(test, hasUml() && existsSync("/usr/sbin/smbd"))(
  "mountCifs() mounts a share of a real server, and tells what is wrong with name, password and share",
  async () => {
    writeFileSync(join(work, "smb.conf"), smbConfiguration("/tmp/samba", "/srv"));
    const { name, password } = SMB_USER;
    const words = `username=${name}\npassword=${password}\n`;
    writeFileSync(join(work, "credentials"), words);
    writeFileSync(join(work, "wrong"), words.replace("a,b", "x"));
    const cifs = `${program} cifs`;
    const output =
      await inUml(`ip link set lo up; mkdir -p /srv /tmp/samba/rpc; mount -t tmpfs none /srv; mkdir /srv/monday
printf '${password}\\n${password}\\n' | smbpasswd -c ${work}/smb.conf -L -s -a ${name}
smbd -s ${work}/smb.conf -l /tmp/samba -D
until ss -Hltn | grep -q :445; do sleep 0.2; done
${cifs} //127.0.0.1/backup/monday ${work}/credentials 'echo first >one; mv one two; sha256sum two; grep cifs /proc/mounts'
sha256sum /srv/monday/two
${cifs} //127.0.0.1/backup/monday ${work}/wrong true 2>&1 || true
${cifs} //127.0.0.1/other ${work}/credentials true 2>&1 || true
${cifs} //127.0.0.1/backup/tuesday ${work}/credentials true 2>&1 || true
smbcontrol --configfile=${work}/smb.conf smbd shutdown || kill $(cat /tmp/samba/smbd.pid)
while ss -Hltn | grep -q :445; do sleep 0.2; done
${cifs} //127.0.0.1/backup ${work}/credentials true 2>&1 || true
echo searcher $(cat /proc/sys/kernel/modprobe)`);
    const text = output.replaceAll("\r", "");
    assert.match(
      text,
      /^([0-9a-f]{64}) {2}two\n\/\/127\.0\.0\.1\/backup\/monday .* cifs [\s\S]*^\1 {2}\/srv\/monday\/two$/m,
    );
    assert.match(text, /127\.0\.0\.1 does not let root in with that password/);
    assert.match(text, /127\.0\.0\.1 has no other, or not for root/);
    assert.match(text, /127\.0\.0\.1 has no backup\/tuesday, or not for root/);
    assert.match(text, /127\.0\.0\.1 is there, but runs no Windows file server \(SMB\) \(after 2 tries\)/);
    assert.match(text, /^searcher \/.*modprobe$/m, "the kernel looks for modules again");
    assert.not.match(text, /a,b/, "the password is nowhere to be seen");
  },
);

test.run();
