import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import { FETCH_TIMEOUT_MS } from "./kernel-source.ts";

/** Commands that `unpackRpm` runs. */
export const RPM_TOOLS = ["rpmkeys", "rpm2archive", "tar"] as const;

/**
 * Unpacks an RPM package below a directory, without its scripts. A package whose signature or digest is wrong, or whose
 * key RPM doesn't know, is refused (`no-kernel`); one without a signature is taken when its digests fit.
 */
export async function unpackRpm(host: Host, file: string, into: string): Promise<void> {
  const check = await host.run({ argv: ["rpmkeys", "--checksig", file], accept: "any", timeoutMs: FETCH_TIMEOUT_MS });
  if (check.code !== 0) {
    const name = file.slice(file.lastIndexOf("/") + 1);
    throw new MondoError("no-kernel", msg`rpm doesn't accept the signature or the digests of ${name}`, {
      hint: msg`When its key is not known here, import it: rpm --import /etc/pki/rpm-gpg/FILE.`,
      data: { output: `${check.stdout}${check.stderr}` },
    });
  }
  // Writes a compressed tar archive beside the package.
  await host.run({ argv: ["rpm2archive", file], timeoutMs: FETCH_TIMEOUT_MS });
  const argv = ["tar", "-xzf", `${file}.tgz`, "--no-same-owner", "-C", into];
  await host.run({ argv, timeoutMs: FETCH_TIMEOUT_MS });
  host.remove(`${file}.tgz`);
}
