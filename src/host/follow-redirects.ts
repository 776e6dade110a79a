import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";

/** As many as browsers follow. */
const MOST_REDIRECTS = 20;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** These repeat the request as it was; the others ask for the new place with GET. */
const REPEATING: ReadonlySet<number> = new Set([307, 308]);

/** For people: no name, password or query. */
function shown({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname}`;
}

/**
 * Where a redirect leads. Pure. MondoError `refused`: from https to anything but https, where nobody vouches for what
 * arrives, or to something that is not on a web server.
 */
export function redirectTarget(from: URL, location: string): URL {
  const to = URL.parse(location, from.href);
  const isSafe = to?.protocol === "https:" || (to?.protocol === "http:" && from.protocol === "http:");
  if (to && isSafe) return to;
  throw new MondoError("refused", msg`${shown(from)} redirects to ${to ? shown(to) : msg`a place that is no URL`}`, {
    hint: msg`Give the address it should be read from itself, if you trust it: https never falls back to http.`,
  });
}

/** `fetch` that follows redirects by these rules, wherever they lead from step to step. */
export async function fetchFollowing(url: string, init: RequestInit): Promise<Response> {
  let [at, request] = [new URL(url), init];
  for (let left = MOST_REDIRECTS; left >= 0; left--) {
    const response = await fetch(at.href, { ...request, redirect: "manual" });
    const location = response.headers.get("location");
    if (!REDIRECTS.has(response.status) || location === null) return response;
    await response.body?.cancel();
    at = redirectTarget(at, location);
    if (!REPEATING.has(response.status) && request.method === "POST") request = withoutBody(request);
  }
  throw new MondoError("refused", msg`${shown(new URL(url))} redirects more than ${MOST_REDIRECTS} times`);
}

function withoutBody({ signal }: RequestInit): RequestInit {
  return signal ? { signal } : {};
}
