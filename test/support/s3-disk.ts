import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { S3Keeper, S3Server, Upload } from "./s3-server.ts";

/** The tag of a part. */
export const tagOf = (bytes: Uint8Array): string => `"${createHash("md5").update(bytes).digest("hex")}"`;

const UPLOADS = ".uploads";

/** Every file below a directory, by its path there. */
function filesBelow(directory: string, path = ""): string[] {
  return readdirSync(join(directory, path), { withFileTypes: true }).flatMap((entry) => {
    const name = path === "" ? entry.name : `${path}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(directory, name) : [name];
  });
}

/** A server's directory: DIRECTORY/BUCKET/KEY, and DIRECTORY/.uploads/ID of what was begun. */
export class S3Disk implements S3Keeper {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async object(bucket: string, key: string, body: Blob): Promise<void> {
    this.#write(join(bucket, key), new Uint8Array(await body.arrayBuffer()));
  }

  /** A bucket has no directories: those that are empty go, too. */
  removed(bucket: string, key: string): void {
    const home = join(this.#directory, bucket);
    const path = join(home, key);
    rmSync(path, { force: true });
    for (let up = dirname(path); up !== home && readdirSync(up).length === 0; up = dirname(up)) rmdirSync(up);
  }

  begun(id: string, { key, meta }: Upload): void {
    this.#write(join(UPLOADS, id, "upload.json"), JSON.stringify({ key, meta }));
  }

  part(id: string, number: number, bytes: Uint8Array): void {
    this.#write(join(UPLOADS, id, String(number)), bytes);
  }

  ended(id: string): void {
    rmSync(join(this.#directory, UPLOADS, id), { recursive: true, force: true });
  }

  /** Gives a server what lies here. */
  restore(server: S3Server): void {
    for (const bucket of readdirSync(this.#directory).filter((name) => name !== UPLOADS)) {
      server.bucket(bucket);
      for (const key of filesBelow(join(this.#directory, bucket))) {
        const path = join(this.#directory, bucket, key);
        server.place(bucket, key, Bun.file(path), `${statSync(path).size}`);
      }
    }
    mkdirSync(join(this.#directory, UPLOADS), { recursive: true });
    for (const id of readdirSync(join(this.#directory, UPLOADS))) server.uploads.set(id, this.#uploadOf(id));
  }

  #uploadOf(id: string): Upload {
    const home = join(this.#directory, UPLOADS, id);
    const { key, meta } = JSON.parse(readFileSync(join(home, "upload.json"), "utf8"));
    const numbers = readdirSync(home).filter((name) => name !== "upload.json");
    const parts = numbers.map((number) => {
      const bytes = new Uint8Array(readFileSync(join(home, number)));
      return [Number(number), { etag: tagOf(bytes), bytes }] as const;
    });
    return { key, meta, parts: new Map(parts) };
  }

  /** Nothing of it stays where there is no room for all. */
  #write(path: string, content: Uint8Array | string): void {
    const file = join(this.#directory, path);
    mkdirSync(dirname(file), { recursive: true });
    try {
      writeFileSync(file, content);
    } catch (error) {
      rmSync(file, { force: true });
      throw error;
    }
  }
}
