import { type Component, flattened, licensesIn } from "./components.ts";

/** Licence of mondo's own source. */
export const OWN_LICENSE = "GPL-2.0-or-later";

/**
 * The licence of the executable as a whole, as an SPDX expression: that of mondo, of which version 3 has to be taken,
 * and those of everything that is linked into it.
 */
export function wholeLicense(components: readonly Component[]): string {
  const others = licensesIn(components).map((license) => (license.includes(" OR ") ? `(${license})` : license));
  return ["GPL-3.0-or-later", ...others].join(" AND ");
}

const line = ({ name, version, license, note }: Component, indent: string) =>
  `${indent}${name}${version ? ` ${version}` : ""}: ${license}${note ? ` (${note})` : ""}`;

const lines = (component: Component, indent = "  "): readonly string[] => [
  line(component, indent),
  ...(component.parts ?? []).flatMap((part) => lines(part, `${indent}  `)),
];

const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files
(the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge,
publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do
so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE
FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

/** The file `copyright`: what the package is under, what is in it, and where the texts are. */
export function renderCopyright(components: readonly Component[]): string {
  const silent = flattened(components).filter(({ texts }) => Object.keys(texts).length === 0);
  return `mondo: bare-metal disaster recovery for Linux

mondo's own source is free software: you can redistribute it and modify it under the terms of the GNU General Public License as
published by the Free Software Foundation, version 2 or, at your option, any later version (${OWN_LICENSE}).

The executable holds works of others. Some of them, zstd-napi for one, are under the Apache License 2.0, which can be combined with
version 3 of the GNU General Public License, but not with version 2. The executable as a whole can therefore be passed on under
version 3 or later alone:

  ${wholeLicense(components)}

What is in it:

${components.flatMap((component) => lines(component)).join("\n")}

The texts of GPL, LGPL and Apache License are in licenses/common beside this file, those that came with a work in licenses/NAME.
mondo.cdx.json lists the same for programs (CycloneDX). Everything else about the runtime, WebKit's source among it, is at
https://github.com/oven-sh/bun.

These came without a text of their own: ${silent.map(({ name }) => name).join(", ")}. Those of them that are under the MIT licence:

${MIT}
`;
}
