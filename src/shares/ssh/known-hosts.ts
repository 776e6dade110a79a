import { sha256 } from "../../host/compress.ts";
import { HOST_ALIAS } from "./ssh-command.ts";

/**
 * Lines of a known_hosts file, under the name that we give to every server. Authorities vouch for names, not for ours:
 * they are left out. Pure.
 */
export function pinned(lines: string): string {
  return lines
    .split("\n")
    .map((line) => {
      const words = line.trim().split(/\s+/);
      const [marker, type, key] = words[0] === "@revoked" ? ["@revoked ", ...words.slice(2)] : ["", ...words.slice(1)];
      const isKey = !/^[#@]/.test(words[0] ?? "#") || marker !== "";
      return isKey && key !== undefined ? `${marker}${HOST_ALIAS} ${type} ${key}\n` : "";
    })
    .join("");
}

/** The keys as ssh shows them: `ED25519 SHA256:…`. Pure. */
export function fingerprints(knownHosts: string): string[] {
  return knownHosts.split("\n").flatMap((line) => {
    const [, type = "", key = ""] = line
      .replace(/^@\S+\s+/, "")
      .trim()
      .split(/\s+/);
    if (key === "") return [];
    const name = type.replace(/^(ssh|ecdsa-sha2)-/, "").toUpperCase();
    const hash = Buffer.from(sha256(Buffer.from(key, "base64")), "hex").toString("base64");
    return [`${name} SHA256:${hash.replace(/=+$/, "")}`];
  });
}
