import type { Manifest } from "../archive/set/manifest.ts";
import type { Reporter } from "../base/report.ts";
import type { Host } from "../host/host.ts";
import type { ModuleService } from "../modules/module-service.ts";
import type { Answers } from "../restore/answers.ts";
import type { StatusPage } from "../status/open-status-page.ts";
import type { Watch } from "../status/watched-ask.ts";
import type { Ask } from "../ui/ask.ts";
import type { Consoles } from "../ui/consoles.ts";
import type { ImageIdentity } from "./image-identity.ts";
import type { Medium } from "./medium/mounted-medium.ts";
import type { NetworkSession } from "./network/network-session.ts";
import type { ConsoleShells } from "./person/console-shells.ts";
import type { RescueScreens } from "./person/rescue-screens.ts";
import type { ScreenKeyboard } from "./person/set-keyboard.ts";
import type { WaitForChild } from "./person/shell.ts";
import type { BootOptions } from "./words/boot-options.ts";

/** What the worker holds; the phases fill it. */
export interface Rescue {
  readonly host: Host;
  readonly consoles: Consoles;
  readonly ask: Ask;
  /** The same as `ask`, where somebody chooses how to be asked. */
  readonly screens?: RescueScreens;
  readonly reporter: Reporter;
  readonly log: (text: string) => void;
  readonly wait: WaitForChild;
  readonly shells: ConsoleShells;
  readonly keyboard: ScreenKeyboard;
  readonly options: BootOptions;
  readonly identity: ImageIdentity;
  readonly modules: ModuleService;
  readonly network: NetworkSession;
  /** Devices that a key or answers were read from: no restore writes to them. */
  readonly sticks: Set<string>;
  medium: Medium | undefined;
  manifest: Manifest | undefined;
  /** A person has said where the backup is: whatever is there is meant, not the set of the boot words. */
  takesAnySet: boolean;
  /** The answers of `mondo.answers=`. */
  answers: Answers | undefined;
  /** That of `mondo.status-page=`. */
  readonly status: StatusPage | undefined;
  /** How the page sees what is asked. */
  readonly watch?: Watch;
}

/** The set that is looked for; undefined: any. */
export const wantedSet = ({ options, identity, takesAnySet }: Pick<Rescue, "options" | "identity" | "takesAnySet">) =>
  takesAnySet ? undefined : (options.set ?? identity.set);
