import type { VolumeSink } from "../../archive/save/volume-sink.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Filling, MediaBurden } from "../media-plan.ts";
import { mediumFor, nextVolumeLimit, roomOnMedium } from "../media-plan.ts";
import type { GrowingImage } from "./growing-image.ts";

/** Makes the image of a further medium. */
export type NewImage = (number: number) => Promise<GrowingImage>;

/** Images of a set that are open, the first medium's first: each grows by the volumes that belong onto its medium. */
export class GrowingImages implements VolumeSink {
  readonly #images: GrowingImage[];
  readonly #burden: MediaBurden;
  readonly #add: NewImage;
  /** Name of a volume that is begun, and of which nothing has come yet. */
  #begun: string | undefined;

  constructor(first: GrowingImage, burden: MediaBurden, add: NewImage) {
    this.#images = [first];
    this.#burden = burden;
    this.#add = add;
  }

  /** In the order of their media. */
  get all(): readonly GrowingImage[] {
    return this.#images;
  }

  /** How long the next volume may become. */
  nextLimit(): number {
    return nextVolumeLimit(this.#filling, this.#burden);
  }

  begin(name: string): void {
    this.#begun = name;
  }

  /** The first frame of a volume decides which medium it goes to. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#begun !== undefined) {
      await this.#reach(mediumFor(bytes.byteLength, this.#filling, this.#burden));
      this.#last.begin(this.#begun);
      this.#begun = undefined;
    }
    this.#last.write(bytes);
  }

  end(): number {
    this.#last.end();
    return this.#images.length;
  }

  discard(): void {
    for (const image of this.#images) image.discard();
  }

  /** A further medium, for what others have no room for. */
  async add(): Promise<GrowingImage> {
    await this.#reach(this.#images.length + 1);
    return this.#last;
  }

  get #last(): GrowingImage {
    const last = this.#images.at(-1);
    if (!last) throw new MondoError("bug", msg`there is no image`);
    return last;
  }

  get #filling(): Filling {
    const number = this.#images.length;
    const used = this.#last.endOffset - this.#last.startOffset;
    return { number, left: roomOnMedium(this.#burden, number) - used };
  }

  async #reach(number: number): Promise<void> {
    while (this.#images.length < number) this.#images.push(await this.#add(this.#images.length + 1));
  }
}
