import { version } from "../../base/program-version.ts";
import type { BootMenu } from "../../drivers/media/medium.ts";
import type { Job } from "../prepare-backup.ts";

/** The boot menu of what a backup makes. */
export const menuOf = ({ request, source, set }: Job): BootMenu => ({
  title: `mondo ${version}: ${source.host.name}`,
  set,
  restoreByDefault: request.restoreByDefault,
});
