import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Host } from "./host.ts";

const SYSTEMD = /^systemd:([\w.-]+)$/;

/** Whether a name stands for what systemd puts down for a unit. */
export const isUnitCredential = (text: string): boolean => SYSTEMD.test(text);

/**
 * A file with a secret: as it is named, or (`systemd:NAME`) what systemd has put down for the unit that this runs in.
 * Source: systemd.exec(5), "CREDENTIALS". Throws `not-found`.
 */
export function credentialPath(host: Pick<Host, "env">, text: string): string {
  const [, name] = SYSTEMD.exec(text) ?? [];
  if (name === undefined) return text;
  const directory = host.env.CREDENTIALS_DIRECTORY;
  if (directory) return `${directory}/${name}`;
  throw new MondoError("not-found", msg`${text} is not there: no unit of systemd with credentials runs this`, {
    hint: msg`Start it by its unit, with LoadCredential=${name}:FILE; here, name the file.`,
  });
}
