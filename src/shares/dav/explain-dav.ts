import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { cure } from "../../network/setting.ts";
import { REMOTE_ERRNO } from "../remote/remote-tree.ts";

/** What was asked, for messages: "write /machines/x". */
export interface DavQuestion {
  /** As `originOf` gives it. */
  readonly origin: string;
  /** Who logged in. */
  readonly user: string | undefined;
  readonly what: string;
}

type Explanation = (question: DavQuestion & { readonly server: string }) => readonly [message: string, hint: string];

const EXPLANATIONS: Readonly<Record<number, Explanation>> = {
  401: ({ server, user }) =>
    user === undefined
      ? [
          msg`the WebDAV server ${server} lets nobody in without a name and a password`,
          msg`Write USER@ before the server, or give --credentials FILE.`,
        ]
      : [
          msg`the WebDAV server ${server} does not let ${user} in with that password`,
          msg`Check the name and the password.`,
        ],
  403: ({ server, user, what }) => [
    msg`${user ?? msg`whoever does not log in`} may not ${what} on ${server} (403)`,
    msg`Let this user do that there, or give another directory.`,
  ],
  405: ({ server, what }) => [
    msg`${server} can't ${what} (405): it speaks no WebDAV there, or nobody may write`,
    msg`Look at the address, and whether the server has WebDAV for it.`,
  ],
  409: ({ server, what }) => [
    msg`${server} can't ${what} (409): the directory above is missing`,
    msg`Look at the server.`,
  ],
  413: ({ server, what }) => [
    msg`${server} takes no file of that length (413): it can't ${what}`,
    msg`Let it, and what is before it, take 128 MB at once (client_max_body_size, LimitRequestBody).`,
  ],
  507: ({ server, what }) => [
    msg`${server} has no room to ${what} (507)`,
    msg`Make room there, or let fewer backups stay (--keep); earlier ones are as they were.`,
  ],
};

const ERRNO: Readonly<Record<number, number>> = {
  401: REMOTE_ERRNO.denied,
  403: REMOTE_ERRNO.denied,
  404: REMOTE_ERRNO.notFound,
  507: REMOTE_ERRNO.noSpace,
};

/** Pure: an answer that trying again does not change, as one sentence. */
export function explainDav(question: DavQuestion, status: number): MondoError {
  const server = new URL(question.origin).host;
  const [message, hint] = EXPLANATIONS[status]?.({ ...question, server }) ?? [
    msg`${server} can't ${question.what}: it answers ${status}`,
    msg`Look at the server's log, and whether the address is that of a WebDAV server.`,
  ];
  const code = status === 507 ? "no-space" : status === 404 || status === 401 ? "not-found" : "system";
  const data = { status, errno: ERRNO[status] ?? REMOTE_ERRNO.io, ...cure("share").data };
  return new MondoError(code, message, { hint, data });
}
