import type { Secret } from "../base/secret.ts";
import type { Needs } from "../drivers/contracts.ts";
import type { Host } from "../host/host.ts";
import type { ModuleService } from "../modules/module-service.ts";
import type { RemoteTree } from "./remote/remote-tree.ts";
import type { ObjectStore } from "./store/object-store.ts";

/** A file with credentials that a person may name: a private key, or lines `username=`, `password=`, `domain=`. */
export type CredentialKind = "ssh-key" | "credentials";

/** Such a file: where it is, for messages, and what it holds. */
export interface CredentialFile {
  readonly place: string;
  readonly content: Secret;
}

/** Whoever sits at the machine. Where nobody does, `confirm` says no and the other questions throw. */
export interface SharePerson {
  confirm(text: string): Promise<boolean>;
  line(text: string): Promise<string>;
  secret(text: string): Promise<Secret>;
  tell(text: string): void;
}

/** Where modules come from: `load` is only there in the rescue, whose kernel need not look for any itself then. */
export type ShareModules = Pick<ModuleService, "require"> & Partial<Pick<ModuleService, "load">>;

/** Where, how and for whom a share is mounted: the same on a live machine and in the rescue. */
export interface MountWish {
  readonly host: Host;
  readonly modules: ShareModules;
  readonly person: SharePerson;
  /** The directory to mount on. */
  readonly target: string;
  readonly access: "read" | "write";
  /** Tries to reach the server. */
  readonly tries: number;
  /** How long a server that goes away later is waited for; default: for ever. */
  readonly patienceMs?: number;
  /** The name to log in by where the share has none; default: the person is asked. */
  readonly user?: string;
  readonly credentials?: CredentialFile;
  /** The server's keys, as lines of known_hosts; default: the person is asked. */
  readonly knownHosts?: string;
  /** The user's own keys and configuration count (those of ssh). */
  readonly ownConfiguration: boolean;
  /** A file that should be there, for servers whose directories can't be asked for. */
  readonly expected: string;
}

/** The kernel's own patience, where a server that goes away is not waited for: minutes at most. */
const BRIEF_MS = 120_000;

/** Whether reading from what the kernel mounts is to fail when its server goes away: for others that have the same. */
export const isBriefly = (access: MountWish["access"], patienceMs = Number.POSITIVE_INFINITY): boolean =>
  access === "read" && patienceMs <= BRIEF_MS;

/** A share that is mounted. */
export interface MountedShare {
  /** For people: "mounted by NFS 4.2". */
  readonly how: string;
  /** The same directory as a machine reaches it that has none of this user's configuration. */
  readonly share: Share;
  /** The server's keys, where it was known by some. */
  readonly knownHosts?: string;
  /** After writing: everything has arrived at the server when this is done. */
  unmount(): Promise<void>;
}

/** For whom a store is opened. */
export type StoreWish = Pick<MountWish, "person" | "credentials" | "ownConfiguration"> & {
  readonly host: Host;
  readonly log: (text: string) => void;
  /** How long a server that is away is tried again. */
  readonly patienceMs: number;
};

/** A store that whoever asked may log in at. */
export interface OpenStore {
  readonly store: ObjectStore;
  /** The same place, to be mounted for reading with these credentials; what a restore finds it by. */
  readonly share: Share;
  readonly credentials?: CredentialFile;
  /** The server's keys, where it was known by some. */
  readonly knownHosts?: string;
  /** Forgets what was needed to log in. */
  close?(): void;
}

/** A directory on a server, by one of the protocols. */
export interface Share {
  readonly driver: ShareDriver;
  /** `parse` understands it as this share. It may hold a password. */
  readonly text: string;
  /** For people, without a password. */
  readonly name: string;
  /** Name or address of its server, an IPv6 address in brackets. */
  readonly server: string;
  /** A directory in it (`/DIR`); the share itself for "". */
  below(path: string): Share;
  /** Pure: where it is mounted already according to /proc/self/mountinfo. Absent: nobody else mounts such shares. */
  mountPoint?(mountinfo: string): string | undefined;
  /**
   * Opens it for whole objects; exactly where its driver takes them. Throws one sentence about the login; the server is
   * not asked yet.
   */
  openStore?(wish: StoreWish): Promise<OpenStore>;
  /**
   * The same directory as a machine reaches it that has none of this user's configuration, and the server's keys as far
   * as they are known here; the server is not asked. Absent: it is written the same everywhere.
   */
  resolve?(host: Host): Promise<Pick<MountedShare, "share" | "knownHosts">>;
  /** Mounts it. Each failure is one sentence within a minute; `data.setting` is what a person could change. */
  mount(wish: MountWish): Promise<MountedShare>;
}

/** One protocol: everything that differs between protocols is behind this. */
export interface ShareDriver {
  readonly protocol: string;
  /** How a share is written, with placeholders; the first way is what short messages show. */
  readonly syntax: readonly [string, ...string[]];
  /** What can be written there: files at any place of theirs, whole objects, or nothing. */
  readonly takes: "files" | "objects" | "nothing";
  /** The file with credentials that a person may name for it. */
  readonly credentials?: CredentialKind;
  /** What an image must hold to read from it, besides what every image does. */
  readonly needs: Needs;
  /** Pure: the share that a text names; `undefined` when it is none of this protocol. */
  parse(text: string): Share | undefined;
  /** In a child that serves it (`attachRemote`): the directory. Absent: the kernel mounts it by itself. */
  openTree?(host: Host, wish: unknown, log: (text: string) => void): Promise<RemoteTree>;
}
