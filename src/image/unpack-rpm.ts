import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import { FETCH_TIMEOUT_MS } from "./kernel-source.ts";

/** Commands that `unpackRpm` runs. */
export const RPM_TOOLS = ["rpmkeys", "rpm2archive", "tar"] as const;

/** RPM takes a package without a signature for sound, unless it is told otherwise. */
const STRICT = ["--define", "_pkgverify_level all", "--define", "_pkgverify_flags 0x0"];

/** RPM 4 names the key by its id, RPM 6 by its fingerprint. */
export const isSigned = (output: string): boolean => /signature, key (id|fingerprint:?) \S+: OK$/im.test(output);

/**
 * Unpacks an RPM package below a directory, without its scripts. A package whose signature or digest is wrong, or whose
 * key RPM doesn't know, is refused (`no-kernel`). So is one without a signature, unless `needsSignature` is false.
 */
export async function unpackRpm(host: Host, file: string, into: string, needsSignature: boolean): Promise<void> {
  const argv = ["rpmkeys", ...(needsSignature ? STRICT : []), "--checksig", "--verbose", file];
  const check = await host.run({ argv, accept: "any", timeoutMs: FETCH_TIMEOUT_MS });
  const output = `${check.stdout}${check.stderr}`;
  if (check.code !== 0 || (needsSignature && !isSigned(output))) {
    const name = file.slice(file.lastIndexOf("/") + 1);
    throw new MondoError("no-kernel", msg`rpm doesn't accept the signature or the digests of ${name}`, {
      hint: msg`When its key is not known here, import it: rpm --import /etc/pki/rpm-gpg/FILE.`,
      data: { output },
    });
  }
  // Writes a compressed tar archive beside the package.
  await host.run({ argv: ["rpm2archive", file], timeoutMs: FETCH_TIMEOUT_MS });
  const unpacking = ["tar", "-xzf", `${file}.tgz`, "--no-same-owner", "-C", into];
  await host.run({ argv: unpacking, timeoutMs: FETCH_TIMEOUT_MS });
  host.remove(`${file}.tgz`);
}
