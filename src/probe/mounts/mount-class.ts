import { stored } from "../../base/message.ts";
import { filesystemDriver } from "../../drivers/fs/filesystem-drivers.ts";
import type { MountLine } from "../../formats/fs/mount-tables.ts";

/**
 * What a mounted file system is, as far as a backup is concerned. `kernel`: made by the kernel or a session, nothing in
 * it lasts; `memory`: lost at each start; `server`: the data is on another machine; `overlay`: shows what other file
 * systems hold; `image`: made once and read only; `zfs`; `local`: data of this machine.
 */
export type MountClass = "kernel" | "memory" | "server" | "overlay" | "image" | "view" | "zfs" | "local";

/** Source: "nodev" in /proc/filesystems, and what sessions mount by FUSE. */
const KERNEL = new Set([
  ...["sysfs", "proc", "devtmpfs", "devpts", "cgroup", "cgroup2", "cpuset", "securityfs", "selinuxfs", "smackfs"],
  ...["pstore", "efivarfs", "bpf", "debugfs", "tracefs", "configfs", "fusectl", "mqueue", "hugetlbfs", "binfmt_misc"],
  ...["autofs", "rpc_pipefs", "nfsd", "nsfs", "resctrl", "xenfs", "usbfs", "usbdevfs", "openpromfs", "spufs"],
  ...["functionfs", "binder", "ocfs2_dlmfs", "gfs2meta", "rootfs", "bdev", "sockfs", "pipefs", "oprofilefs"],
  ...["fuse.portal", "fuse.gvfsd-fuse", "fuse.lxcfs", "fuse.pressurefs", "fuse.vmware-vmblock"],
]);
const MEMORY = new Set(["tmpfs", "ramfs", "devfs", "guestmemfs"]);
/** Network and cluster file systems, and directories that a virtual machine gets from its host. */
const SERVER = new Set([
  ...["nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "ncp", "afs", "coda", "ceph", "lustre", "glusterfs", "beegfs"],
  ...["pvfs2", "orangefs", "gpfs", "panfs", "davfs", "9p", "virtiofs", "vboxsf", "prl_fs", "hostfs", "vmhgfs"],
]);
const SERVER_FUSE =
  /^fuse\.(?:sshfs|rclone|s3fs|s3ql|goofys|mount-s3|geesefs|juicefs|gcsfuse|blobfuse2?|glusterfs|ceph-fuse|curlftpfs|davfs2?|vmhgfs-fuse|moosefs|mfs|lizardfs|seaweedfs|google-drive-ocamlfuse|onedriver|cvmfs2|afpfs|smbnetfs|hdfs|ossfs)$/;
const OVERLAY = new Set(["overlay", "overlayfs", "aufs", "unionfs"]);
const IMAGE = new Set(["squashfs", "erofs", "iso9660", "udf", "cramfs", "romfs"]);

/** The class of a type as in /proc/mounts. A type that nobody knows counts as data of this machine. */
export function classOfType(type: string): MountClass {
  if (KERNEL.has(type)) return "kernel";
  if (MEMORY.has(type)) return "memory";
  if (SERVER.has(type) || SERVER_FUSE.test(type)) return "server";
  if (OVERLAY.has(type)) return "overlay";
  if (IMAGE.has(type)) return "image";
  if (type === "zfs") return "zfs";
  // What mergerfs, gocryptfs, encfs, bindfs … show lies in directories that are saved themselves. A program that gives
  // no name of its own is "fuse", as Proxmox VE's /etc/pve; "fuseblk" stands on a device.
  return /^fuse(?:\.|$)|^ecryptfs$/.test(type) ? "view" : "local";
}

/** Devices whose data is on another machine. */
const isServed = (source: string) => /^\/dev\/(?:nbd|rbd)\d/.test(source);

/** The class of a mount; a device of the network counts as a server. */
export function classOf({ type, source }: Pick<MountLine, "type" | "source">): MountClass {
  const own = classOfType(type);
  return own === "local" && isServed(source) ? "server" : own;
}

/** "an overlay", "a file system of type zfs (tank/home)": what is mounted, for sentences. */
export function mountWords({ type, source }: Pick<MountLine, "type" | "source">): string {
  const from = source === "" || source === "none" || source === type ? "" : ` (${source})`;
  if (type === "zfs") return stored`a ZFS file system${from}`;
  if (/^(?:sys|conf)ext$/.test(source))
    return stored`an overlay of extensions ("systemd-${source} unmerge" takes it away)`;
  if (OVERLAY.has(type)) return stored`an overlay (${type})`;
  if (MEMORY.has(type)) return stored`a file system in memory (${type})`;
  const named = `${type}${from}`;
  if (classOf({ type, source }) === "server") return stored`a file system of another machine, of type ${named}`;
  if (filesystemDriver(type) === undefined) return stored`a file system of type ${named}, which is not supported`;
  return stored`a file system of type ${named}`;
}
