/** The zstd library. Loaded when it is first needed: most commands do without. Throws `system` when it can't be. */
export function zstdAddon(): typeof import("zstd-napi/binding.js") {
  return require("zstd-napi/binding.js") as typeof import("zstd-napi/binding.js");
}
