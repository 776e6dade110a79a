/** An element of a document that holds elements or text, never both. */
export interface XmlElement {
  readonly name: string;
  /** What stands between its tags, where no element does; decoded. */
  readonly text: string;
  readonly children: readonly XmlElement[];
}

const MOST_DEPTH = 16;
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decodeEntity(whole: string, name: string): string {
  const [, hex, decimal] = /^#(?:x([0-9a-f]{1,6})|([0-9]{1,7}))$/i.exec(name) ?? [];
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  if (name.startsWith("#")) return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  return ENTITIES[name] ?? whole;
}

const decodeText = (text: string): string => text.replace(/&(#?\w{1,8});/g, decodeEntity);

interface Open {
  readonly name: string;
  readonly children: XmlElement[];
  text: string;
}

/**
 * The root element of the plain documents that object stores and WebDAV servers answer with. Prefixes of names and
 * attributes don't count; own entities, which could grow without end, are not known. `undefined`: it is no such
 * document. Pure.
 */
export function parsePlainXml(document: string): XmlElement | undefined {
  const stack: Open[] = [{ name: "", children: [], text: "" }];
  const tokens =
    /<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([\w.:-]+)(?:\s[^<>]*?)?(\/?)>|([^<]+)|(<)/g;
  for (const [, literal, closing, tag, empty, text, stray] of document.matchAll(tokens)) {
    const top = stack.at(-1);
    if (!top || stray !== undefined) return undefined;
    if (literal !== undefined) top.text += literal;
    if (text !== undefined) top.text += decodeText(text);
    if (tag === undefined) continue;
    const name = tag.slice(tag.indexOf(":") + 1);
    if (closing === "/") {
      const parent = stack.at(-2);
      if (!parent || top.name !== name) return undefined;
      stack.pop();
      parent.children.push({ ...top, text: top.children.length > 0 ? "" : top.text });
    } else if (empty === "/") top.children.push({ name, children: [], text: "" });
    else if (stack.push({ name, children: [], text: "" }) > MOST_DEPTH) return undefined;
  }
  const [root] = stack;
  return stack.length === 1 && root?.children.length === 1 ? root.children[0] : undefined;
}

/** Its children of that name. */
export const childrenNamed = (element: XmlElement | undefined, name: string): readonly XmlElement[] =>
  (element?.children ?? []).filter((child) => child.name === name);

/** The text of its first child of that name. */
export const textIn = (element: XmlElement | undefined, name: string): string | undefined =>
  childrenNamed(element, name)[0]?.text;
