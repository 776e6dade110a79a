import { type Manifest, mediumOf } from "../../archive/set/manifest.ts";
import type { MediumPass } from "../../archive/set/media-passes.ts";
import { messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { ejectMedium } from "../../host/power.ts";
import type { MediaSource } from "../../restore/context.ts";
import type { Rescue } from "../rescue.ts";
import { describeDevice } from "./block-devices.ts";
import { lookForMedium } from "./look-for-medium.ts";
import { chooseWhileWaiting, describeMedium, labelOf } from "./missing-medium.ts";
import { isMediumMounted, unmountMedium } from "./mounted-medium.ts";
import type { MediumWish, Rejection } from "./try-device.ts";

const LOOK_EVERY_MS = 1000;

/**
 * The set's own media, and those of its parents, on this machine's drives and sticks: one at a time at the medium's
 * mount point.
 */
export class DeviceMedia implements MediaSource {
  readonly isChanged = true;
  readonly #rescue: Rescue;
  readonly #manifest: Manifest;

  constructor(rescue: Rescue, manifest: Manifest) {
    this.#rescue = rescue;
    this.#manifest = manifest;
  }

  describe(pass: MediumPass): string {
    return describeMedium(this.#manifest, pass);
  }

  async reach(pass: MediumPass): Promise<boolean> {
    if (this.#isMounted(pass)) return true;
    const { host, medium } = this.#rescue;
    const wasMounted = isMediumMounted(host);
    if (await this.#look(pass, new Map())) return true;
    // Whoever opens a shell meanwhile finds the medium where it was.
    if (medium && wasMounted) {
      const { manifest } = medium;
      const back = { set: manifest.set.toLowerCase(), number: mediumOf(manifest).number };
      await lookForMedium(host, back, new Map());
    }
    return false;
  }

  async ask(pass: MediumPass, another: boolean): Promise<boolean> {
    const { reporter, ask, consoles } = this.#rescue;
    this.#release();
    reporter.step(msg`Needed: ${this.describe(pass)} (set ${labelOf(this.#manifest, pass.set).set})`);
    reporter.info(msg`Insert it into any drive, or connect it. Any key: other choices.`);
    // Where no tray opens, the bad copy would be found again at once.
    if (another) await ask.line(msg`Press Enter when another copy is in its place`).catch(() => "");
    for (;;) {
      const found = await this.#wait(pass);
      if (found) return true;
      const what = this.describe(pass);
      if ((await chooseWhileWaiting(this.#rescue, what, msg`Waiting for ${what}.`)) === "without") return false;
      await consoles.drain(100);
    }
  }

  #wish({ set, medium }: MediumPass): MediumWish {
    return { set: (set ?? this.#manifest.set).toLowerCase(), number: medium };
  }

  #isMounted(pass: MediumPass): boolean {
    const { medium, host } = this.#rescue;
    const { set, number } = this.#wish(pass);
    if (!medium || medium.manifest.set.toLowerCase() !== set || !isMediumMounted(host)) return false;
    return mediumOf(medium.manifest).number === number;
  }

  async #look(pass: MediumPass, known: Map<string, Rejection>): Promise<boolean> {
    const found = await lookForMedium(this.#rescue.host, this.#wish(pass), known);
    if (found) this.#rescue.medium = found;
    return found !== undefined;
  }

  /** Until the medium is there (true) or a key is pressed. Each wrong disc is reported once. */
  async #wait(pass: MediumPass): Promise<boolean> {
    const { host, consoles, reporter } = this.#rescue;
    const known = new Map<string, Rejection>();
    const told = new Map<string, string>();
    let interrupted = false;
    const stop = consoles.onKeys(() => {
      interrupted = true;
    });
    try {
      while (!interrupted) {
        if (await this.#look(pass, known)) {
          reporter.info(`${this.#rescue.medium?.name}: ${this.describe(pass)}`);
          return true;
        }
        for (const { device, because, isOtherDisc } of known.values()) {
          if (isOtherDisc && told.get(device.name) !== because) reporter.warn(`${describeDevice(device)}: ${because}`);
          told.set(device.name, because);
        }
        await host.sleep(LOOK_EVERY_MS);
      }
      return false;
    } finally {
      stop();
    }
  }

  /** The tray opens, where there is one and it may. */
  #release(): void {
    const { host, medium, options, log } = this.#rescue;
    try {
      unmountMedium(host);
      if (medium?.drive !== undefined && options.eject) ejectMedium(medium.drive);
    } catch (error) {
      log(`the medium stays in its drive: ${messageOf(error)}`);
    }
  }
}
