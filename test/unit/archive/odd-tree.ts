/**
 * A tree with everything a file system can hold, and a look at trees that shares no code with the archive (find,
 * getfattr, filefrag).
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Runs a bash script in a directory; its output. */
export function shell(cwd: string, script: string): string {
  const result = Bun.spawnSync(["bash", "-euc", `set -o pipefail; umask 022; ${script}`], {
    cwd,
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C", TZ: "UTC" },
    stdout: "pipe",
    stderr: "pipe",
  });
  if (result.exitCode !== 0) throw new Error(`${script}\n${result.stderr.toString()}`);
  return result.stdout.toString("latin1");
}

/**
 * A fresh file system on a loop device, mounted; `undefined` where that can't be (no root, no loop devices, no mkfs).
 */
export function mountFresh(
  type: "ext4" | "xfs" | "btrfs",
  sizeMiB: number,
  options = "",
): { readonly path: string; release(): void } | undefined {
  const base = mkdtempSync(join(tmpdir(), "mondo-archive-"));
  const path = join(base, "fs");
  const release = () => {
    // Whoever looks through all mounts just now keeps it busy for a moment.
    const isBusy = () => Bun.spawnSync(["umount", path]).stderr.toString().includes("busy");
    for (let tries = 0; tries < 20 && isBusy(); tries++) Bun.sleepSync(100);
    rmSync(base, { recursive: true, force: true });
  };
  mkdirSync(path);
  try {
    shell(base, `truncate -s ${sizeMiB}M image; mkfs.${type} -q ${options} image; mount -o loop image fs`);
  } catch {
    release();
    return undefined;
  }
  // uvu leaves out the `after` hook of a suite whose `before` failed.
  process.on("exit", release);
  return { path, release };
}

export function mountExt4(sizeMiB: number): ReturnType<typeof mountFresh> {
  return mountFresh("ext4", sizeMiB);
}

const ODDITIES = String.raw`
mkdir -p plain/sub "with space" 'back\slash' plain/empty devices names links xattrs big
printf hello > plain/file; : > plain/nothing; head -c 100000 /dev/urandom > plain/random; head -c 300000 /dev/zero > plain/zeros
printf x > $'names/\xff\xfe not utf-8'; printf x > $'names/new\nline'; printf x > 'names/ümläut'; printf x > 'names/percent%=equals'
printf x > 'names/-rf'; mkdir $'names/dir\x80'; printf y > $'names/dir\x80/child'
long=$(printf 'n%.0s' $(seq 250)); mkdir -p "names/$long/$long"; printf long > "names/$long/$long/$long"
ln -s "$long/$long/$long" names/long-target; ln "names/$long/$long/$long" names/link-to-long
printf twice > links/first; ln links/first links/second; ln links/first plain/third
ln -s /etc/passwd links/absolute; ln -s ../.. links/up; ln -s nowhere links/dangling; ln -s $'\xe9' links/latin1; ln links/dangling links/dangling-again
chown -h 1234:5678 links/dangling; touch -h -d '2003-03-03 03:03:03.333333333' links/dangling
mknod devices/null c 1 3; mknod devices/disk b 259 262143; mkfifo devices/fifo; ln devices/fifo devices/fifo-link
perl -MSocket -e 'socket(S,AF_UNIX,SOCK_STREAM,0); bind(S,sockaddr_un("devices/socket"))'
chmod 660 devices/*; chown 7:8 devices/disk devices/socket
printf a > xattrs/file; setfattr -n user.text -v value xattrs/file; setfattr -n user.binary -v 0x00ff0a3d25 xattrs/file
setfattr -n user.empty xattrs/file; setfattr -n 'user.odd=name%' -v 1 xattrs/file; setfattr -n trusted.secret -v t xattrs/file
setfattr -n security.selinux -v system_u:object_r:etc_t:s0 xattrs/file
printf b > xattrs/capable; chown 10:10 xattrs/capable; chmod 755 xattrs/capable
setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 xattrs/capable
printf c > xattrs/acl; setfacl -m u:1000:rwx,g:3000000:r xattrs/acl; mkdir xattrs/default; setfacl -d -m u:1000:rx xattrs/default
setfacl -m u:5:x xattrs/default; setfattr -n trusted.dir -v d xattrs/default; ln -s file xattrs/link; setfattr -h -n trusted.link -v l xattrs/link
setfattr -h -n security.selinux -v system_u:object_r:device_t:s0 devices/* xattrs/link xattrs/default; setfattr -h -n trusted.node -v n devices/*
ln -s "$long/$long/$long/$long" xattrs/long-link
perl -e 'open F, ">", "big/comb"; truncate F, 2000000; for (0..199) { sysseek F, $_ * 8192 + 4096, 0; syswrite F, $_ }'
printf suid > plain/suid; chown 3000000:4000000000 plain/suid; chmod 6755 plain/suid; printf none > plain/mode0; chmod 0 plain/mode0
mkdir plain/locked plain/sticky; chmod 0 plain/locked; chmod 1777 plain/sticky; chmod 2750 plain/sub; chown 0:50 plain/sub
truncate -s 9G big/sparse; printf start | dd of=big/sparse conv=notrunc status=none
printf middle | dd of=big/sparse bs=1 seek=5368709120 conv=notrunc status=none
truncate -s 1M big/hole-only; head -c 20000000 /dev/urandom > big/pieces
truncate -s 80M big/sparse-pieces; for i in $(seq 0 23); do head -c 1000000 /dev/urandom | dd of=big/sparse-pieces bs=1M seek=$((i*3)) conv=notrunc status=none; done
touch -d '1969-12-31 23:59:58.25' plain/zeros; touch -d '2001-02-03 04:05:06.789012345' plain/file; touch -d '2200-01-01 00:00:00.000000001' plain/random
touch -d '2010-10-10 10:10:10.123456789' plain/empty names xattrs/default plain/locked devices/null devices/socket .
`;

/** Fills a directory (as root, on a file system that knows xattrs). */
export function makeOddTree(directory: string): void {
  shell(directory, ODDITIES);
}

/**
 * Every path with type, mode, owner, size, time, link count and target; then contents, xattrs and the places of data.
 */
export function describeTree(directory: string, omit = ""): string[] {
  const filter = String.raw`\( -name lost+found ${omit === "" ? "" : `-o ${omit}`} \) -prune -o`;
  const entries = shell(
    directory,
    String.raw`find . ${filter} -printf '%p|%y|%m|%U:%G|%s|%T@|%n|%l\0' | LC_ALL=C sort -z`,
  );
  const rows = entries.split("\0").map((row) => {
    const cells = row.split("|");
    // The size of a directory is the file system's affair.
    return cells[1] === "d" ? cells.filter((_, i) => i !== 4).join("|") : row;
  });
  const nodes = shell(
    directory,
    `find . ${filter} \\( -type b -o -type c \\) -print0 | LC_ALL=C sort -z | xargs -0 -r stat -c '%n %t:%T'`,
  );
  const lists = shell(
    directory,
    "find xattrs ! -type l -print0 2>/dev/null | LC_ALL=C sort -z | xargs -0 -r getfacl -np; getcap -r xattrs 2>/dev/null | sort",
  );
  const sums = shell(
    directory,
    `find . ${filter} -type f -size -1000M -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum -z`,
  );
  const xattrs = shell(
    directory,
    `find . ${filter} -print0 | LC_ALL=C sort -z | xargs -0 -r getfattr -h -d -m- -e hex 2>/dev/null`,
  );
  const holes = shell(
    directory,
    `find big -type f 2>/dev/null | sort | while read f; do echo "$f"; filefrag -e "$f" | awk '/^ +[0-9]+:/ { gsub(/[.:]/, " "); print $2, $3 }'; done`,
  );
  return [
    ...rows,
    ...nodes.split("\n"),
    ...lists.split("\n"),
    ...sums.split("\0"),
    ...xattrs.split("\n"),
    ...mergedExtents(holes),
  ];
}

/** filefrag's physical pieces → runs of logical blocks. */
function mergedExtents(text: string): string[] {
  const out: string[] = [];
  let run: [number, number] | undefined;
  for (const line of text.split("\n")) {
    const match = /^(\d+) (\d+)$/.exec(line);
    const [from, to] = [Number(match?.[1]), Number(match?.[2])];
    if (match && run && run[1] + 1 === from) run = [run[0], to];
    else {
      if (run) out.push(run.join("-"));
      run = match ? [from, to] : undefined;
      if (!match) out.push(line);
    }
  }
  return out;
}
