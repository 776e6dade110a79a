import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { printable } from "../../base/printable.ts";
import type { S3Failure } from "../../formats/network/s3-answers.ts";
import { cure } from "../../network/setting.ts";
import type { ResolvedS3 } from "./s3-place.ts";

/** What was asked, for messages, and the key it was asked by. */
export interface S3Question {
  readonly place: ResolvedS3;
  /** What was to be done: "list what is below sets/", "write sets/web1/manifest.json". */
  readonly what: string;
  readonly keyId: string;
  readonly nowMs: number;
  /** The server's clock. */
  readonly date: string | null;
}

type Explanation = (question: S3Question, failure: S3Failure) => readonly [message: string, hint: string];

const serverOf = ({ endpoint }: ResolvedS3): string => new URL(endpoint).host;

const wrongKey: Explanation = ({ place, keyId }) => [
  msg`${serverOf(place)} does not know the access key ${printable(keyId)}`,
  msg`Give another key; keys that are lent for some hours may be over.`,
];

const isFull: Explanation = ({ place, what }) => [
  msg`${serverOf(place)} has no room to ${what}`,
  msg`Make room there, or let fewer backups stay (--keep); earlier ones are as they were.`,
];
const NO_ROOM = 507;

const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  InvalidAccessKeyId: wrongKey,
  ExpiredToken: wrongKey,
  InvalidToken: wrongKey,
  SignatureDoesNotMatch: ({ place, keyId }) => [
    msg`the secret key is not that of ${printable(keyId)}, says ${serverOf(place)}`,
    msg`Type it again, or give another file with credentials.`,
  ],
  RequestTimeTooSkewed: ({ place, nowMs, date }) => [
    msg`this machine's clock is wrong: it says ${new Date(nowMs).toISOString().slice(0, 16)} UTC, and ${serverOf(place)} ${date === null ? msg`another time` : printable(date)}`,
    msg`Set it (date -u -s 'YYYY-MM-DD HH:MM'), and try again.`,
  ],
  NoSuchBucket: ({ place }) => [
    msg`${serverOf(place)} has no bucket ${place.bucket}`,
    msg`Make it there, or give another one.`,
  ],
  AccessDenied: ({ place, what, keyId }) => [
    msg`the access key ${printable(keyId)} may not ${what} in ${place.bucket} on ${serverOf(place)}`,
    msg`Look at the policy of the key, and at that of the bucket.`,
  ],
  NoSuchUpload: ({ what }) => [
    msg`the server can't ${what}: the upload is gone before it was complete`,
    msg`Look at the rules of the bucket that end unfinished uploads, and start the backup again.`,
  ],
  // MinIO's and Ceph's.
  XMinioStorageFull: isFull,
  QuotaExceeded: isFull,
  InvalidObjectState: ({ what }) => [
    msg`the server can't ${what}: it lies in an archive`,
    msg`Bring it back from the archive first.`,
  ],
};

const otherRegion: Explanation = ({ place }, { region }) => [
  msg`the bucket ${place.bucket} lies in ${region === undefined ? msg`another region` : msg`the region ${printable(region)}`}, not in ${place.region}`,
  msg`Write s3://${region === undefined ? "REGION" : printable(region)}@${place.bucket}/…, or s3+https://REGION@SERVER/… for a server of one's own.`,
];

/** Statuses whose answer has no code that counts. */
function byStatus(status: number): Explanation {
  if (status === 301 || status === 307) return otherRegion;
  if (status === NO_ROOM) return isFull;
  if (status === 403) return EXPLANATIONS.AccessDenied as Explanation;
  return ({ place, what }, { code, message }) => [
    msg`${serverOf(place)} can't ${what}: it answers ${status}${code === "" ? "" : ` (${printable(code)}: ${printable(message).slice(0, 200)})`}`,
    msg`Look at the server's log, and whether the address is that of an object store.`,
  ];
}

/** Pure: an answer that trying again does not change, as one sentence. */
export function explainS3(question: S3Question, status: number, failure: S3Failure | undefined): MondoError {
  const said = failure ?? { code: "", message: "", region: undefined };
  const isElsewhere = said.region !== undefined && said.region !== question.place.region && status !== 404;
  const isRegion = /^(?:PermanentRedirect|TemporaryRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraint)/;
  const known = isElsewhere || isRegion.test(said.code) ? otherRegion : EXPLANATIONS[said.code];
  const explanation = known ?? byStatus(status);
  const [message, hint] = explanation(question, said);
  const code = explanation === isFull ? "no-space" : "not-found";
  return new MondoError(code, message, { hint, data: { status, code: said.code, ...cure("share").data } });
}
