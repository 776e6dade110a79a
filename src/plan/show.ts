import type { Action, Effect } from "../effects/effect.ts";
import { showSizes } from "./fit/sizes.ts";
import type { Plan } from "./restore-plan.ts";

const HEADINGS = {
  partition: "Partition",
  volumes: "Make volumes",
  format: "Make file systems",
  mount: "Mount",
  files: "Restore files",
  loader: "Make it start",
  finish: "Finish",
} as const;

function indented(text: string): string[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => (line === "" ? "" : `        ${line}`));
}

const bytesIn = (base64: string) => Math.floor((base64.replace(/=+$/, "").length * 3) / 4);

/** One effect as a person would write it. */
export function showEffect(effect: Effect): string {
  switch (effect.do) {
    case "run":
      return `${effect.chroot ? "chroot: " : ""}${effect.argv.join(" ")}${effect.secret === undefined ? "" : "  (reads the pass phrase)"}${effect.optional ? "  (may fail)" : ""}`;
    case "wipe":
      return `zero ${effect.ranges.length} ranges of ${effect.path}`;
    case "writeAt":
      return `write ${bytesIn(effect.base64)} bytes at ${effect.offset} of ${effect.path}`;
    case "write":
      return `write ${effect.path}`;
    case "mount":
      return `mount -t ${effect.type}${effect.options === "" ? "" : ` -o ${effect.options}`} ${effect.source} ${effect.path}`;
    case "raidHabits":
      return `make ${effect.member} ${effect.habits.join(" and ")} in ${effect.path}`;
    case "release":
      return `stop the volumes on ${effect.path}`;
    case "await":
      return `wait for ${effect.path}`;
    case "rereadTable":
      return `make the kernel read the table of ${effect.path}`;
    case "swap":
      return `swap${effect.on ? "on" : "off"} ${effect.path}`;
    case "setAside":
      return `rename ${effect.path} to ${effect.to}`;
    case "renameDevices":
      return `rename in ${effect.path}: ${Object.entries(effect.names)
        .map(([from, to]) => `${from} → ${to}`)
        .join(", ")}`;
    case "replaceWords":
      return `replace in ${effect.path}: ${Object.entries(effect.words)
        .map(([from, to]) => `${from} → ${to}`)
        .join(", ")}`;
    case "fstabOptions":
      return `options in ${effect.path}: ${effect.changes
        .map(({ path, from, to }) => `${path}: ${from} → ${to}`)
        .join("; ")}`;
    case "efiEntry":
      return `boot entry "${effect.label}": ${effect.file} on ${effect.disk} partition ${effect.partition}`;
    case "efiOrder":
      return `boot order: ${effect.order.map(({ label }) => label).join(", ")}`;
    case "unpack":
      return [
        `unpack the set below ${effect.root}`,
        ...(effect.images ?? []).map(({ entry, device }) => `${entry} onto ${device}`),
      ].join(", ");
    case "zero":
      return `zero the first ${effect.sizeBytes} bytes of ${effect.path}`;
    case "fill":
      return `fill ${effect.path} with ${effect.sizeBytes} zeros${effect.inPlace ? ", without copy-on-write" : ""}`;
    case "mkdir":
    case "unmount":
      return `${effect.do} ${effect.path}`;
  }
}

function showAction(action: Action, detailed: boolean): string[] {
  const effects = action.effects.flatMap((effect) => [
    `      ${showEffect(effect)}`,
    ...(effect.do === "run" && effect.input !== undefined ? indented(effect.input) : []),
  ]);
  return [`  - ${action.say}`, ...action.destroys.map((what) => `    DESTROYS ${what}`), ...(detailed ? effects : [])];
}

/** The plan as text; `detailed` adds every command. */
export function showPlan(plan: Plan, options: { readonly detailed?: boolean } = {}): string {
  const sizes = showSizes(plan.sizes, plan.targets);
  const lines = [
    ...plan.warnings.map((warning) => `! ${warning}`),
    ...(sizes.length === 0 ? [] : ["Fit to the disks", ...sizes.map((line) => `  ${line}`)]),
    ...plan.phases
      .filter(({ actions }) => actions.length > 0)
      .flatMap(({ phase, actions }) => [
        HEADINGS[phase],
        ...actions.flatMap((action) => showAction(action, options.detailed ?? false)),
      ]),
  ];
  return `${lines.join("\n")}\n`;
}
