import { LANGUAGES, type Language, languageWish } from "../../base/language.ts";
import { layoutNamed } from "../../formats/boot/keyboard-layouts.ts";
import { parseWebUrl } from "../../network/web-url.ts";
import { CHECKS, type Check } from "../../restore/reading.ts";
import { RESUMES, type Resume } from "../../restore/resume.ts";
import { UIS, type Ui } from "../../ui/screens/which-ui.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const MODULE_LIST = /^[A-Za-z0-9_-]+(,[A-Za-z0-9_-]+)*$/;

/** The text when it has the form, else `undefined`. */
const textOfForm =
  (form: RegExp) =>
  (text: string): string | undefined =>
    form.test(text) ? text : undefined;

/** The id of a set, in lower case; `undefined` for anything else. */
export const parseSetId = (text: string): string | undefined => textOfForm(UUID)(text)?.toLowerCase();

/** The prefix of a set's images; `undefined` for anything else. */
export const parsePrefix = textOfForm(/^[^/\s]+$/);

/** `DEVICE:/PATH`; `undefined` for anything else. */
export const parseFilePlace = textOfForm(/^[^:]+:\/./);

/** The name of a request to restore; `undefined` for anything else. */
export const parseRequestName = textOfForm(/^[A-Za-z0-9._-]{1,64}$/);

/** Names of modules between commas, with `_` as the kernel has them; `undefined` for anything else. */
export function parseModuleList(text: string): readonly string[] | undefined {
  return textOfForm(MODULE_LIST)(text)
    ?.split(",")
    .map((module) => module.replaceAll("-", "_"));
}

/** When the set is read; `undefined` for anything else. */
export const parseCheck = (text: string): Check | undefined => CHECKS.find((check) => check === text);

/** Whether a restore that was cut off goes on; `undefined` for anything else. */
export const parseResume = (text: string): Resume | undefined => RESUMES.find((resume) => resume === text);

/** How a person is asked; `undefined` for anything else. */
export const parseUi = (text: string): Ui | undefined => UIS.find((ui) => ui === text);

/** The name of a layout of the keyboard, as we call it; `undefined` for anything else. */
export const parseKeyboard = (text: string): string | undefined => layoutNamed(text)?.name;

/** A language that there are sentences in, as the environment may name it; `undefined` for anything else. */
export function parseLanguage(text: string): Language | undefined {
  const language = languageWish({ lang: text })?.language;
  return LANGUAGES.find((known) => known === language);
}

/** A number of tries; `undefined` for anything else. */
export const parseTries = (text: string): number | undefined => (/^\d{1,4}$/.test(text) ? Number(text) : undefined);

/** Where answers are: a URL, `DEVICE:/PATH`, or `/PATH` beside the set; `undefined` for anything else. */
export function parseAnswersPlace(text: string): string | undefined {
  if (/^https?:/i.test(text)) return parseWebUrl(text);
  return /^([^:]+:)?\/[^/]/.test(text) ? text : undefined;
}

/** A place on a disk or stick of this machine. */
export interface StorePlace {
  /** `LABEL=STICK`, `UUID=…`, `/dev/sdb1`. */
  readonly device: string;
  /** Directory in its file system, or the image; empty: all of it. */
  readonly below: string;
}

/** `UUID=…:/DIR`; `undefined` for anything else. */
export function parseStorePlace(text: string): StorePlace | undefined {
  const [, device, path] = /^((?:LABEL|UUID)=[^:\s]+|\/dev\/[^:\s]+):(\/\S*)$/.exec(text) ?? [];
  if (device === undefined || path === undefined || path.split("/").includes("..")) return undefined;
  return { device, below: path.replace(/\/+$/, "") };
}

/** `tape:` or `tape:/dev/nst0`: any drive, or this one; `undefined` for anything else. */
export function parseTapePlace(text: string): { readonly device?: string } | undefined {
  const [whole, device] = /^tape:(\/dev\/n?st\d+)?$/.exec(text) ?? [];
  if (whole === undefined) return undefined;
  // Of a drive's two devices, one rewinds by itself.
  return device === undefined ? {} : { device: device.replace("/dev/st", "/dev/nst") };
}
