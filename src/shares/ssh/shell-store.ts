import { decodeText } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import { pathBelow } from "../store/below-root.ts";
import { lengthOf, type ObjectBody, type StoredObject, type StoreUse } from "../store/object-store.ts";
import { OPENING_MS, PARTIAL, type WholeParts, WholeStore, wholeParts } from "../store/whole-store.ts";
import { INCOMPLETE, type ShellClient } from "./shell-client.ts";
import { decodeLongListing } from "./shell-listing.ts";
import { belowSsh, parseShellUrl, renderShellUrl, type SshPlace } from "./ssh-place.ts";

/** No directory is there; the file is there already. */
const [NOTHING, EXISTS] = [3, 4];

/** What came is counted: where a connection breaks, the end of what came looks like the end of the file. */
const PUT = `mkdir -p -- "\${1%/*}" && cat >"$3" || exit 1
[ "$(wc -c <"$3")" -eq "$2" ] || exit ${INCOMPLETE}`;
const NAME = 'mv -f -- "$3" "$1"';
/**
 * Of several machines, one gets the name, except where a file system has no links. What an earlier try has written
 * without our learning of it is there with the same content.
 */
const NAME_NEW = `if ln -- "$3" "$1" 2>/dev/null; then rm -f -- "$3" 2>/dev/null; exit 0; fi
[ -e "$1" ] || [ -L "$1" ] || { ${NAME}; exit; }
cmp -s "$3" "$1" && same=0 || same=${EXISTS}
rm -f -- "$3" 2>/dev/null
exit $same`;
const LIST = `[ -d "$1" ] || exit ${NOTHING}
cd -- "$1" && find . -type f -exec ls -ldn {} +`;
const DROP_DIRECTORIES = `[ -d "$1" ] && find "$1" -depth -type d -exec rmdir {} \\; 2>/dev/null
exit 0`;

/** What stores on one server share. */
interface ShellStoreParts extends WholeParts {
  readonly client: ShellClient;
}

/** A directory of an SSH server, written to by its shell. */
export class ShellStore extends WholeStore {
  readonly name: string;
  readonly #parts: ShellStoreParts;
  readonly #place: SshPlace;

  private constructor(parts: ShellStoreParts, place: SshPlace) {
    super(parts);
    this.#parts = parts;
    this.#place = place;
    this.name = renderShellUrl(place);
  }

  static at(host: Pick<Host, "tryReadText">, client: ShellClient, place: SshPlace): ShellStore {
    return new ShellStore({ ...wholeParts(host), client }, place);
  }

  with(use: StoreUse): ShellStore {
    const client = this.#parts.client.with({ patienceMs: use.patienceMs, signal: use.signal });
    return new ShellStore({ ...this.#parts, client }, this.#place);
  }

  below(path: string): ShellStore {
    return new ShellStore(this.#parts, belowSsh(this.#place, path));
  }

  at(name: string): ShellStore | undefined {
    const place = parseShellUrl(name);
    const server = (one: SshPlace) => renderShellUrl({ ...one, path: "/" });
    if (!place || pathBelow(this.#place.path, place.path) === undefined) return undefined;
    return server(place) === server(this.#place) ? new ShellStore(this.#parts, place) : undefined;
  }

  async tryOut(warn: (text: string) => void): Promise<void> {
    const store = this.with({ patienceMs: OPENING_MS });
    const [text, words] = [`[ -d "$1" ] || exit ${NOTHING}`, [this.#place.path]];
    const { code } = await store.#parts.client.run({ text, words, what: msg`look at it`, accept: [NOTHING] });
    if (code === NOTHING) {
      throw new MondoError("not-found", msg`${this.#parts.client.server} has no directory ${this.#place.path}`, {
        hint: msg`Make it there, or give another one.`,
        data: { setting: "share" },
      });
    }
    await store.writeTest(warn);
  }

  async put(path: string, body: ObjectBody): Promise<void> {
    await this.#put(path, body, PARTIAL, NAME);
  }

  async putNew(path: string, bytes: Uint8Array): Promise<void> {
    // Another machine that writes the same name must not write into this file.
    const partial = `.${crypto.randomUUID()}${PARTIAL}`;
    if ((await this.#put(path, { bytes }, partial, NAME_NEW)) === EXISTS) throw this.existsAlready(path);
  }

  async list(): Promise<readonly StoredObject[]> {
    const path = this.#place.path;
    const script = { text: LIST, words: [path], what: msg`list ${path}`, accept: [NOTHING] } as const;
    const { stdout } = await this.#parts.client.run(script);
    return decodeLongListing(decodeText(stdout), this.#parts.client.server, path).map(({ name, sizeBytes }) => ({
      path: name.replace(/^\.\//, ""),
      sizeBytes,
    }));
  }

  async isEmpty(): Promise<boolean> {
    return (await this.list()).length === 0;
  }

  async remove(path: string): Promise<void> {
    const absolute = this.#pathOf(path);
    await this.#parts.client.run({ text: 'rm -f -- "$1"', words: [absolute], what: msg`remove ${absolute}` });
  }

  async dropDirectories(): Promise<void> {
    const { path } = this.#place;
    await this.#parts.client.run({ text: DROP_DIRECTORIES, words: [path], what: msg`remove ${path}` });
  }

  #pathOf(path: string): string {
    return `${this.#place.path.replace(/\/+$/, "")}/${path}`;
  }

  async #put(path: string, body: ObjectBody, partial: string, naming: string): Promise<number> {
    const absolute = this.#pathOf(path);
    const words = [absolute, String(lengthOf(body)), absolute + partial];
    const { code } = await this.#parts.client.run({
      ...{ text: `${PUT}\n${naming}`, words, what: msg`write ${absolute}` },
      ...{ input: "bytes" in body ? body.bytes : { file: body.file }, inputBytes: lengthOf(body), accept: [EXISTS] },
    });
    return code;
  }
}
