/** Files that are compiled in as text. TypeScript wants a pattern for each kind of name. */
declare module "*.list" {
  const text: string;
  export default text;
}
declare module "*.conf" {
  const text: string;
  export default text;
}
declare module "*.config" {
  const text: string;
  export default text;
}
declare module "*.cfg" {
  const text: string;
  export default text;
}
declare module "*/group" {
  const text: string;
  export default text;
}
declare module "*/hosts" {
  const text: string;
  export default text;
}
declare module "*/lsblk" {
  const text: string;
  export default text;
}
declare module "*/maps" {
  const text: string;
  export default text;
}
declare module "*/maps-aarch64" {
  const text: string;
  export default text;
}
declare module "*/motd" {
  const text: string;
  export default text;
}
declare module "*/passwd" {
  const text: string;
  export default text;
}
declare module "*/profile" {
  const text: string;
  export default text;
}
