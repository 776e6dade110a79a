import type { ModuleWishes } from "../modules/module-files.ts";
import type { ImageIdentity } from "./image-identity.ts";
import type { BootOptions } from "./words/boot-options.ts";

/** Pure: what is loaded first and what never: by the boot words, and else as the image was made. */
export function moduleWishesOf(
  {
    forceModules,
    denyModules,
    moduleParameters,
  }: Pick<BootOptions, "forceModules" | "denyModules" | "moduleParameters">,
  { modules = { force: [], deny: [] } }: Pick<ImageIdentity, "modules">,
): ModuleWishes {
  return {
    force: [...forceModules, ...modules.force.filter((name) => !denyModules.includes(name))],
    deny: denyModules,
    imageDenies: modules.deny.filter((name) => !forceModules.includes(name)),
    parameters: moduleParameters,
  };
}
