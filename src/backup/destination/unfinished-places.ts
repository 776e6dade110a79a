import type { Host } from "../../host/host.ts";

const DIRECTORY = "/var/lib/mondo";
/** Places of sets in stores that runs of this machine have begun and not ended, a line each. */
const RECORD = `${DIRECTORY}/unfinished-uploads`;

type RecordHost = Pick<Host, "tryReadText" | "write" | "makeDirectory">;

/** Names of places, as their stores have them. */
export function unfinishedPlaces(host: RecordHost): readonly string[] {
  return (host.tryReadText(RECORD) ?? "").split("\n").filter((line) => line !== "");
}

function keep(host: RecordHost, places: readonly string[]): void {
  host.makeDirectory(DIRECTORY, 0o700);
  host.write(RECORD, places.map((place) => `${place}\n`).join(""), 0o600);
}

/** Notes a place before the first byte goes there, so that a later run can clear up after one that was killed. */
export const noteUnfinished = (host: RecordHost, place: string): void =>
  keep(host, [...unfinishedPlaces(host).filter((other) => other !== place), place]);

/** What is there stays. */
export const forgetUnfinished = (host: RecordHost, place: string): void =>
  keep(
    host,
    unfinishedPlaces(host).filter((other) => other !== place),
  );
