import { msg } from "../base/message.ts";

const WORDS: Readonly<Record<string, string>> = {
  read: msg`read`,
  write: msg`write`,
  sync: msg`sync`,
  stat: msg`stat`,
  open: msg`open`,
  create: msg`create`,
  start: msg`start`,
  eject: msg`eject`,
  rename: msg`rename`,
  remove: msg`remove`,
  list: msg`list`,
  link: msg`link`,
  copy: msg`copy`,
};

/** What failed, for people: an action, or the name of a system call, which stays. */
export const actionWord = (action: string): string => WORDS[action] ?? action;
