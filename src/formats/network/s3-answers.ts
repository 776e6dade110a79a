/** What object stores answer with. Source: Amazon S3 API Reference. */
import { childrenNamed, parsePlainXml, textIn, type XmlElement } from "./plain-xml.ts";

/** An object in a listing. */
export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
}

/** A page of a listing. */
export interface Listing {
  readonly objects: readonly ListedObject[];
  /** With a slash at the end. */
  readonly directories: readonly string[];
  /** Of the next page. */
  readonly next: string | undefined;
}

/** A failure, in the server's words. */
export interface S3Failure {
  readonly code: string;
  readonly message: string;
  readonly region: string | undefined;
}

/** `+` is a blank, as Java has it. */
function decodeUrl(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}

const sizeOf = (text = ""): number | undefined => (/^\d{1,15}$/.test(text) ? Number(text) : undefined);

/** Texts of a listing, as they are or URL-encoded. */
function decoderOf(root: XmlElement): (text: string | undefined) => string | undefined {
  const isEncoded = textIn(root, "EncodingType") === "url";
  return (text) => (text === undefined || !isEncoded ? text : decodeUrl(text));
}

/** A page of ListObjectsV2; `undefined`: it is none. Pure. */
export function decodeListing(document: string): Listing | undefined {
  const root = parsePlainXml(document);
  if (root?.name !== "ListBucketResult") return undefined;
  const decode = decoderOf(root);
  const objects = childrenNamed(root, "Contents").flatMap((element) => {
    const [key, sizeBytes] = [decode(textIn(element, "Key")), sizeOf(textIn(element, "Size"))];
    return key === undefined || sizeBytes === undefined ? [] : [{ key, sizeBytes }];
  });
  const directories = childrenNamed(root, "CommonPrefixes").flatMap((element) => {
    const prefix = decode(textIn(element, "Prefix"));
    return prefix === undefined ? [] : [prefix];
  });
  const isMore = textIn(root, "IsTruncated") === "true";
  return { objects, directories, next: isMore ? textIn(root, "NextContinuationToken") || undefined : undefined };
}

/** An upload that was begun and not ended. */
export interface OpenUpload {
  readonly key: string;
  readonly id: string;
}

/** The answer to ListMultipartUploads; `undefined`: it is none. Pure. */
export function decodeUploads(document: string): readonly OpenUpload[] | undefined {
  const root = parsePlainXml(document);
  if (root?.name !== "ListMultipartUploadsResult") return undefined;
  const decode = decoderOf(root);
  return childrenNamed(root, "Upload").flatMap((element) => {
    const [key, id] = [decode(textIn(element, "Key")), textIn(element, "UploadId")];
    return key === undefined || id === undefined ? [] : [{ key, id }];
  });
}

/** The id of an upload that was begun. Pure. */
export function decodeUploadId(document: string): string | undefined {
  const root = parsePlainXml(document);
  return root?.name === "InitiateMultipartUploadResult" ? textIn(root, "UploadId") || undefined : undefined;
}

/** Whether an upload was put together: the status is 200 even where it was not. Pure. */
export const isCompleted = (document: string): boolean =>
  parsePlainXml(document)?.name === "CompleteMultipartUploadResult";

/** The failure in an answer, if there is one. Pure. */
export function decodeFailure(document: string): S3Failure | undefined {
  const root = parsePlainXml(document);
  if (root?.name !== "Error") return undefined;
  const code = textIn(root, "Code") ?? "";
  return { code, message: textIn(root, "Message") ?? code, region: textIn(root, "Region") || undefined };
}

/** The body that puts the parts of an upload together. Pure. */
export function encodeCompletion(tags: readonly string[]): string {
  const escaped = (text: string) => text.replace(/[<>&]/g, (char) => `&#${char.charCodeAt(0)};`);
  const parts = tags.map((tag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${escaped(tag)}</ETag></Part>`);
  return `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join("")}</CompleteMultipartUpload>`;
}
