import { decodeText } from "../base/bytes.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { isElf } from "../formats/boot/elf.ts";
import type { Host } from "../host/host.ts";
import type { Tree, TreeNode } from "./tree.ts";

/** Paths that must never be on a medium. */
const SECRET_PATHS = [
  /^etc\/g?shadow-?$/,
  /^etc\/ssh\/ssh_host_.*_key$/,
  /(^|\/)\.ssh\//,
  /^etc\/ssl\/private\//,
  /^etc\/krb5\.keytab$/,
  /^etc\/(mondo\/credentials$|credstore(\.encrypted)?\/)/,
  /(^|\/)(\.netrc|\.pgpass|\.my\.cnf)$/,
  /(^|\/)\.(aws|gnupg|docker|kube)\//,
];

const SECRET_CONTENTS: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----\s+[\w+/=:]/, msg`a private key`],
  // crypt(3) hashes in the second field of a line, as in shadow and htpasswd files.
  [/^[^:\s]+:\$(?:1|2[abxy]|5|6|7|y|gy|apr1)\$[^:\s]{8,}/m, msg`a password hash`],
  [/\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36})\b/, msg`an access token`],
];

/**
 * What is secret about a file, as a noun phrase. Doesn't look into programs and libraries, whose messages mention such
 * things.
 */
export function secretIn(path: string, content: Uint8Array): string | undefined {
  if (SECRET_PATHS.some((pattern) => pattern.test(path))) return msg`a file of secrets`;
  if (isElf(content)) return undefined;
  const text = decodeText(content);
  return SECRET_CONTENTS.find(([pattern]) => pattern.test(text))?.[1];
}

function contentOf(host: Host, node: TreeNode): Uint8Array | undefined {
  if (node.kind === "bytes") return node.bytes;
  return node.kind === "file" ? host.read(node.source) : undefined;
}

/**
 * Throws `refused` when a tree holds a private key, a password hash or a token: the medium is readable by whoever finds
 * it. `isMeant`: which paths are looked at; default: all.
 */
export function refuseSecrets(host: Host, tree: Tree, isMeant: (path: string) => boolean = () => true): void {
  for (const [path, node] of tree.entries().filter(([place]) => isMeant(place))) {
    const content = contentOf(host, node);
    const what = content === undefined ? undefined : secretIn(path, content);
    if (what === undefined) continue;
    throw new MondoError("refused", msg`/${path} on the rescue image would be ${what}`, {
      hint: msg`Take it out of what is added to the image (/etc/mondo/deplist.d).`,
      data: { path },
    });
  }
}
