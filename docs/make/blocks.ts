/** The content of each made block by its name. */
export type Blocks = Readonly<Record<string, string>>;

const BLOCK = /(<!-- made: ([\w-]+) -->\n)[\s\S]*?(<!-- end -->)/g;

/** The names of the made blocks in a page. */
export const blockNames = (page: string): readonly string[] => [...page.matchAll(BLOCK)].map((match) => match[2] ?? "");

/** A page with its made blocks filled; throws for one that nothing makes. */
export function fillBlocks(page: string, blocks: Blocks): string {
  return page.replace(BLOCK, (_, start: string, name: string, end: string) => {
    const content = blocks[name];
    if (content === undefined) throw new Error(`nothing makes the block ${name}`);
    return `${start}${content.trimEnd()}\n${end}`;
  });
}

/** Text as a person sees it on a terminal. */
export const screen = (text: string): string => `\`\`\`console\n${text.trimEnd()}\n\`\`\``;
