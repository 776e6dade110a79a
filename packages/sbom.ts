import { type Component, flattened, sha256 } from "./components.ts";

/** What a bill of materials is about. */
export interface Product {
  readonly version: string;
  readonly commit: string;
  /** SPDX expression of the whole. */
  readonly license: string;
  /** SHA-256 of the executable, hex. */
  readonly sha256: string;
  /** Of the last commit, seconds since 1970. */
  readonly time: number;
}

const refOf = ({ name, version, purl }: Component) => purl ?? `bundled:${name}${version ? `@${version}` : ""}`;

const licensesOf = (license: string) => [
  / (AND|OR|WITH) /.test(license) ? { expression: license } : { license: { id: license } },
];

function componentOf(component: Component): object {
  const { name, version, license, purl, sha512, note } = component;
  const group = /^(@[^/]+)\/(.*)$/.exec(name);
  return {
    type: "library",
    "bom-ref": refOf(component),
    ...(group ? { group: group[1], name: group[2] } : { name }),
    ...(version === undefined ? {} : { version }),
    ...(note === undefined ? {} : { description: note }),
    ...(sha512 === undefined
      ? {}
      : { hashes: [{ alg: "SHA-512", content: Buffer.from(sha512, "base64").toString("hex") }] }),
    licenses: licensesOf(license),
    ...(purl === undefined ? {} : { purl }),
  };
}

/** A UUID made of what the document says, so that the same product has the same one. Source: RFC 9562, version 8. */
function serialOf(text: string): string {
  const hex = sha256(text);
  const variant = ((Number.parseInt(hex[16] ?? "0", 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join("-");
}

/** The bill of materials as CycloneDX 1.6, JSON. Works inside a work are its dependencies. */
export function renderSbom(product: Product, components: readonly Component[]): string {
  const ref = `pkg:generic/mondo@${product.version}`;
  const all = [...new Map(flattened(components).map((component) => [refOf(component), component])).values()];
  const bill = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      timestamp: new Date(product.time * 1000).toISOString(),
      component: {
        type: "application",
        "bom-ref": ref,
        name: "mondo",
        version: product.version,
        description: `built from commit ${product.commit}`,
        hashes: [{ alg: "SHA-256", content: product.sha256 }],
        licenses: [{ expression: product.license }],
        purl: ref,
      },
    },
    components: all.map(componentOf),
    dependencies: [
      { ref, dependsOn: components.map(refOf) },
      ...all.map((component) => ({
        ref: refOf(component),
        dependsOn: [...new Set((component.parts ?? []).map(refOf))],
      })),
    ],
  };
  const { bomFormat, ...rest } = bill;
  const serialNumber = `urn:uuid:${serialOf(JSON.stringify(rest))}`;
  return `${JSON.stringify({ bomFormat, serialNumber, ...rest }, null, 2)}\n`;
}
