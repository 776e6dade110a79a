import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Secret } from "../../base/secret.ts";
import type { Host } from "../../host/host.ts";
import { selfPath } from "../../host/self.ts";
import { cure } from "../../network/setting.ts";
import type { SharePerson } from "../share-driver.ts";
import { explainSsh, isDenied, isOtherKey, mayPass } from "./explain-ssh.ts";
import { fingerprints } from "./known-hosts.ts";
import { ASK_PASS_NAME, type SshFiles, sshCommand, sshEnvironment } from "./ssh-command.ts";
import { type SshPlace, sshLogin } from "./ssh-place.ts";

/** How a server is to be reached. */
export interface SshWish {
  readonly place: SshPlace;
  /** Lines of known_hosts that the server's key must agree with; `undefined`: a person is asked. */
  readonly knownHosts: string | undefined;
  /** The private key; default: the user's own ones. */
  readonly key?: Secret | undefined;
  /** Whether the user's configuration of ssh counts. */
  readonly ownConfiguration: boolean;
  /** Tries to reach the server. */
  readonly tries: number;
  /** Default: SFTP. */
  readonly speaks?: "sftp" | "shell";
}

/** A way in that was tried: ssh logs in with this; for a shell, a command line goes behind it. */
export interface SshAccess {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The server's keys, for a medium. */
  readonly knownHosts: string;
}

const PASSWORD_TRIES = 3;
const PAUSE_MS = 1000;
/** More than ssh's own limit for a connection. */
const LOGIN_MS = 40_000;

/** Takes away what processes that were killed have left of keys and passwords. */
function removeLeftovers(host: Host, parent: string): void {
  for (const name of host.list(parent)) {
    const owner = /^ssh-.*-(\d+)$/.exec(name)?.[1];
    if (owner !== undefined && !host.exists(`/proc/${owner}`)) host.remove(`${parent}/${name}`);
  }
}

/** Makes the files that ssh needs, in a directory that only root may enter and that lies in RAM; tries them out. */
class SshLogin {
  readonly #host: Host;
  readonly #wish: SshWish;
  readonly #person: SharePerson | undefined;
  readonly #directory: string;
  #asksForSecret = false;

  constructor(host: Host, wish: SshWish, person: SharePerson | undefined, directory: string) {
    this.#host = host;
    this.#wish = wish;
    this.#person = person;
    this.#directory = directory;
  }

  #file(name: string): string {
    return `${this.#directory}/${name}`;
  }

  get #files(): SshFiles {
    const { key, ownConfiguration } = this.#wish;
    return {
      knownHosts: this.#file("known_hosts"),
      ...(key ? { key: this.#file("key") } : {}),
      ...(this.#asksForSecret ? { askPass: this.#file(ASK_PASS_NAME) } : {}),
      ownConfiguration,
    };
  }

  get #environment(): Record<string, string> {
    return sshEnvironment(this.#files, this.#file("secret"), this.#host.env);
  }

  async prepare(): Promise<SshAccess> {
    const { host } = this;
    if (host.which("ssh") === undefined) {
      throw new MondoError("tool-missing", msg`there is no ssh here`, cure("ssh"));
    }
    host.remove(this.#directory);
    removeLeftovers(host, this.#directory.slice(0, this.#directory.lastIndexOf("/")));
    for (const path of [this.#directory.slice(0, this.#directory.lastIndexOf("/")), this.#directory]) {
      host.makeDirectory(path, 0o700);
    }
    host.symlink(selfPath(), this.#file(ASK_PASS_NAME));
    const { key, knownHosts } = this.#wish;
    if (key) host.write(this.#file("key"), key.reveal(), 0o600);
    host.write(this.#file("known_hosts"), knownHosts ?? "", 0o600);
    if (knownHosts === undefined) await this.#learnKeys(msg`is not known here`);
    await this.#logIn();
    return {
      argv: sshCommand(this.#wish.place, this.#files, "refuse", this.#wish.speaks),
      env: this.#environment,
      knownHosts: host.readText(this.#file("known_hosts")),
    };
  }

  get host(): Host {
    return this.#host;
  }

  /** The messages of ssh when it can't log in; `undefined` when it can. */
  async #try(newKeys: "refuse" | "note" = "refuse"): Promise<string | undefined> {
    const { place, speaks } = this.#wish;
    const argv = [...sshCommand(place, this.#files, newKeys, speaks), ...(speaks === "shell" ? ["exit 0"] : [])];
    const { code, stderr } = await this.#host.run({
      ...{ argv, env: this.#environment, input: "", accept: "any", timeoutMs: LOGIN_MS },
    });
    return code === 0 ? undefined : stderr.trim() || msg`it ended with exit code ${code}`;
  }

  /** As often as the server may still be starting up. */
  async #reach(newKeys: "refuse" | "note"): Promise<string | undefined> {
    for (let number = 1; ; number += 1) {
      const said = await this.#try(newKeys);
      if (said === undefined || !mayPass(said) || number >= this.#wish.tries) return said;
      await this.#host.sleep(PAUSE_MS);
    }
  }

  async #logIn(): Promise<void> {
    let said = await this.#reach("refuse");
    if (said !== undefined && isOtherKey(said)) {
      await this.#learnKeys(msg`has another key than it had`);
      said = await this.#try();
    }
    if (said !== undefined && isDenied(said)) said = await this.#logInWithSecret(said);
    if (said !== undefined) throw explainSsh(this.#wish.place, said);
  }

  /** Asks for a password, or the pass phrase of the key, until it opens. */
  async #logInWithSecret(denied: string): Promise<string | undefined> {
    const login = sshLogin(this.#wish.place);
    if (!this.#person) throw explainSsh(this.#wish.place, denied);
    this.#asksForSecret = true;
    let said: string | undefined = denied;
    for (let number = 1; number <= PASSWORD_TRIES && said !== undefined && isDenied(said); number += 1) {
      if (number > 1) this.#person.tell(msg`Permission denied for ${login}; please try again.`);
      const secret = await this.#person.secret(msg`Password of ${login} (or the pass phrase of its key)`);
      this.#host.write(this.#file("secret"), secret.reveal(), 0o600);
      said = await this.#try();
    }
    return said;
  }

  /** Takes the server's key when a person agrees. Without a person it is refused. */
  async #learnKeys(why: string): Promise<void> {
    this.#host.write(this.#file("known_hosts"), "", 0o600);
    const said = await this.#reach("note");
    const [shown] = fingerprints(this.#host.readText(this.#file("known_hosts")));
    if (shown === undefined) throw explainSsh(this.#wish.place, said ?? msg`it showed no key`);
    const what = msg`The SSH server ${this.#wish.place.server} ${why}: ${shown}`;
    if (await this.#person?.confirm(msg`${what}. Is that its key?`)) return;
    throw new MondoError("refused", msg`${what}, and nobody has confirmed this key`, {
      hint:
        msg`Compare it with the server's (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub there), ` +
        msg`then connect once by hand: ssh ${sshLogin(this.#wish.place)}`,
    });
  }
}

/**
 * Finds out how to log in: by the user's own keys, the key given, or a secret that a person types. The server's key is
 * checked before. Leaves files in `directory`, which is to lie in RAM. Throws one sentence about what is wrong.
 */
export function prepareSsh(
  host: Host,
  wish: SshWish,
  person: SharePerson | undefined,
  directory: string,
): Promise<SshAccess> {
  return new SshLogin(host, wish, person, directory).prepare();
}
