/**
 * The same screens as in screens.test.ts, told in French on terminals of 24 rows of 80 columns: all of it is French,
 * and all of it fits.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { PtySession } from "../support/pty-session.ts";
import { shell } from "../unit/archive/odd-tree.ts";
import { saveSet } from "../unit/archive/saved-set.ts";

const GIB = 1 << 30;
const ESC = "\x1b";
const [UP, DOWN, LEFT, HOME, END] = [`${ESC}[A`, `${ESC}[B`, `${ESC}[D`, `${ESC}[H`, `${ESC}[F`];
const [PAGE_DOWN, HELP, LOG] = [`${ESC}[6~`, `${ESC}OP`, `${ESC}OQ`];

/** Words of English that no French text has, nor a name that is the same in both. */
const ENGLISH =
  /\b(the|and|of|with|this|that|which|what|is|are|was|here|there|not|nothing|back|up|down|yes|no|help|left|none|becomes|now|then|before|after|device|disk|file|files|marked?|draws?|by|from|where|shall|done|space|enter)\b/i;
/** Rows that a program draws itself: names of things, and what its command line calls them. */
const NAMES =
  /mondo restore|mondo help \w+|\bnone\b|\bDEVICE\b|\byes\b|NAME\.before-restore|NAME-1\.iso|OTHER-1\.iso|SERVER:|EXPORT/g;

/** A machine that does much else takes its time. */
const PATIENCE_MS = 120_000;

interface Terminal {
  readonly term: string;
  readonly locale: string;
}
/** With every letter; and what has only ASCII, as a serial line. */
const TERMINALS: readonly Terminal[] = [
  { term: "linux", locale: "fr_FR.UTF-8" },
  { term: "vt220", locale: "fr_FR" },
];

/** A screen as it should be: French, no row wider than the terminal, nothing cut off, no box with an open side. */
function checkScreen(rows: readonly string[], locale: string): void {
  const shown = rows.join("\n");
  for (const row of rows) {
    assert.ok(row.length < 80, `as wide as the terminal: ${row}\n${shown}`);
    const english = ENGLISH.exec(row.replace(NAMES, ""))?.[0];
    assert.is(english, undefined, `"${english}" is English: ${row}\n${shown}`);
    assert.not.match(row, /^.{60,}[…>]$/, `cut off: ${row}\n${shown}`);
    assert.not.match(row, /\?[?;:!]|\w\?[:;]/, `a letter that is not shown: ${row}\n${shown}`);
    const edges = row.match(/[│|]/g)?.length ?? 0;
    // The bar of a blank disk has no edge before its free space.
    const isBlank = /[.░]{8}[│|]$/.test(row);
    if (edges > 0 && !isBlank) assert.ok(edges >= 2 && /[│|]$/.test(row), `an open box: ${row}\n${shown}`);
  }
  assert.match(rows[0] ?? "", /^ \S/, shown);
  assert.match(rows[23] ?? "", /^(Haut Bas|Entr[ée]e|[ÉE]chap|F2 journal) /, shown);
  if (!locale.includes("UTF-8")) assert.match(shown, /^\p{ASCII}*$/u);
}

/** A session whose every screen is looked at. */
class Watched {
  readonly #session: PtySession;
  readonly #locale: string;
  seen = 0;

  constructor(session: PtySession, locale: string) {
    this.#session = session;
    this.#locale = locale;
  }

  /** Waits for a screen, with or without accents. */
  async until(what: RegExp): Promise<void> {
    await this.#session.until(what, PATIENCE_MS);
    await this.#look();
  }

  async press(keys: string): Promise<void> {
    await this.#session.press(keys, keys.startsWith(ESC) ? 400 : 250);
    await this.#look();
  }

  /** The last key of a session: what follows is no screen. */
  async finish(keys: string, outcome: RegExp): Promise<void> {
    await this.#session.press(keys, 400);
    await this.#session.until(outcome, PATIENCE_MS);
  }

  async #look(): Promise<void> {
    // What is drawn in several pieces is looked at when it is whole.
    let before = -1;
    while (before !== this.#session.received) {
      before = this.#session.received;
      await Bun.sleep(200);
    }
    checkScreen(this.#session.screen.text, this.#locale);
    this.seen += 1;
  }
}

async function on(
  program: string,
  { term, locale }: Terminal,
  words: unknown,
  work: (session: Watched) => Promise<void>,
): Promise<void> {
  const argv = [process.execPath, join(import.meta.dirname, "../support", program)];
  const session = new PtySession(
    [...argv, ...(words === undefined ? [] : [typeof words === "string" ? words : JSON.stringify(words)])],
    {
      ...{ TERM: term, LC_ALL: locale },
    },
  );
  try {
    await work(new Watched(session, locale));
  } finally {
    await session.end();
  }
}

for (const terminal of TERMINALS) {
  const name = `${terminal.term}, ${terminal.locale}`;

  test(`${name}: from the set to the last word, with help, log and each step`, async () => {
    const words = { disks: { vda: 12 * GIB, vdb: 9 * GIB }, held: ["vda", "vdb"] };
    await on("restore-on-terminal.ts", terminal, words, async (session) => {
      await session.until(/Restauration 1\/4[\s\S]*Est-ce bien celle [àa] restaurer \?/);
      await session.press(HELP);
      await session.until(/Aide : Restauration 1\/4/);
      await session.press(ESC);
      await session.press(LOG);
      await session.until(/Ce qui s'est pass[ée] : Restauration 1\/4/);
      await session.press(ESC);
      await session.press("\r");
      await session.until(/Quel disque doit remplacer \/dev\/sda, 8,0 Gio[\s\S]*1 {2}\/dev\/vda/);
      await session.press("1\r");
      await session.until(/Acceptez-vous de tout perdre \?[\s\S]*1 {2}Oui[\s\S]*> 2 {2}Non/);
      await session.press(`${UP}\r`);
      await session.until(/Quel disque doit remplacer \/dev\/sdb/);
      await session.press("1\r");
      await session.press(`${UP}\r`);
      await session.until(/Restauration 2\/4[\s\S]*Restaurer ainsi \?/);
      for (const key of [PAGE_DOWN, PAGE_DOWN, UP, UP, DOWN]) await session.press(key);
      await session.press(`${END}${UP}\r`);
      await session.until(/Restauration 2\/4 : chaque [ée]tape[\s\S]*D[ÉE]TRUIT/);
      await session.press(PAGE_DOWN);
      await session.press("\r");
      await session.press("1\r");
      await session.until(/V[ée]rifier aussi ces supports/);
      await session.press("2\r");
      await session.until(/Restauration 3\/4 : ce qui sera d[ée]truit/);
      await session.until(/Pour les effacer, saisissez les noms ou num[ée]ros de s[ée]rie des 2 disques/);
      await session.press("vda oui\r");
      await session.until(/Ce n'est pas ce qui est indiqu[ée] ci-dessus\.[\s\S]*rien\s+n'est\s+[ée]crit/);
      await session.press(HELP);
      await session.press(ESC);
      assert.ok(session.seen > 30, `${session.seen} screens`);
      await session.finish("\x15vda vdb\r", /OUTCOME/);
    });
  });

  test(`${name}: the layout, changed value by value`, async () => {
    await on(
      "restore-on-terminal.ts",
      terminal,
      { disks: { vda: 12 * GIB, vdb: 2 * GIB }, held: [] },
      async (session) => {
        await session.until(/Restauration 1\/4/);
        await session.press("\r");
        await session.until(/Restaurer ainsi \?/);
        await session.press(`${END}${UP}${UP}\r`);
        await session.until(/Modifier la structure[\s\S]*> 1 {2}Modifier quelque chose/);
        await session.press(HELP);
        await session.press(ESC);
        await session.press("\r");
        await session.until(/Modifier la structure : quel [ée]l[ée]ment/);
        await session.press("3\r");
        await session.until(/Que modifier dans \/dev\/vg0\/data \?/);
        for (let key = 0; key < 11; key += 1) await session.press(DOWN);
        await session.press(HELP);
        await session.press(PAGE_DOWN);
        await session.press(ESC);
        await session.press(`${HOME}${DOWN}\r`);
        await session.until(/Un nombre avec k, m, g ou t[\s\S]*Valeur de \/dev\/vg0\/data\.size/);
        await session.press("5");
        await session.press("many\r");
        await session.until(/n'est pas une taille/);
        await session.press("\x155g\r");
        await session.until(/Modifications jusqu'ici : 1/);
        await session.press("4\r");
        await session.until(/Modifier la structure : vers un fichier/);
        await session.press(ESC);
        await session.press("5\r");
        await session.until(/Modifier la structure : depuis un fichier/);
        await session.press(ESC);
        await session.press(ESC);
        await session.until(/Abandonner ce qui a [ée]t[ée] modifi[ée] ici \?/);
        await session.press("1\r");
        await session.until(/Restaurer ainsi \?/);
        await session.finish(ESC, /OUTCOME stopped/);
      },
    );
  });

  test(`${name}: a backup, by questions`, async () => {
    await on("menus-on-terminal.ts", terminal, "backup", async (session) => {
      await session.until(/Sauvegarde de web1 : support[\s\S]*> 1 {2}Images ISO/);
      await session.press("1\r");
      await session.until(/Sauvegarde de web1 : emplacement/);
      await session.press("/nulle-part\r");
      await session.until(/n'existe pas\. Cr[ée]ez/);
      await session.press("\x15/srv/backup\r");
      await session.until(/mondoarchive -Oi -d \/srv\/backup[\s\S]*Que faut-il modifier \?/);
      // Each field: what it is called, what stands in it, its question.
      for (const [number, title] of ["support", "emplacement", "nom", "taille", "compression", "niveau"].entries()) {
        await session.press(`${HOME}${DOWN.repeat(number)}\r`);
        await session.until(new RegExp(`Sauvegarde de web1 : ${title}`));
        await session.press(ESC);
      }
      for (const [at, title] of ["inclure", "exclure", "volumes", "amor", "v.rification", "instantan"].entries()) {
        await session.press(`${HOME}${DOWN.repeat(at + 6)}\r`);
        await session.until(new RegExp(`Sauvegarde de web1 : ${title}`));
        await session.press(ESC);
      }
      await session.press(`${HOME}${DOWN.repeat(10)}\r`);
      await session.press("2\r");
      await session.until(/V[ée]rification +Oui : le relire/);
      await session.press(HELP);
      await session.press(ESC);
      await session.finish(`${END}\r`, /OUTCOME left/);
    });
  });

  test(`${name}: the menu of the rescue, its parts, and the keyboard`, async () => {
    await on("menus-on-terminal.ts", terminal, "menu", async (session) => {
      await session.until(/Ce que peut le syst[èe]me de secours[\s\S]*> 1 {2}Restaurer, avec questions/);
      await session.press(HELP);
      await session.until(/Aide : Ce que peut le syst[èe]me de secours[\s\S]*Dans le doute, celui-ci/);
      await session.press(ESC);
      for (let row = 0; row < 13; row += 1) await session.press(DOWN);
      await session.press("11\r");
      await session.until(/La disposition du clavier[\s\S]*Quelle est la disposition du clavier \?/);
      await session.press(HELP);
      await session.press(ESC);
      await session.press(ESC);
      await session.until(/Ce que peut/);
      await session.press("5\r");
      await session.until(/Une partie d'une restauration[\s\S]*> 6 {2}Retour/);
      await session.press(HELP);
      await session.press(ESC);
      await session.finish("\r", /OUTCOME back/);
    });
  });

  test(`${name}: differences, all and some`, async () => {
    await on("menus-on-terminal.ts", terminal, "compare", async (session) => {
      await session.until(/Comparaison : 3[\s\S]*\/etc\/passwd : contenu[\s\S]*\/home\/me\/notes : absent/);
      await session.press(HELP);
      await session.press(ESC);
      await session.press("2\r");
      await session.until(/Affich[ée]es? : 1 sur 3/);
      await session.press("5\r");
      await session.until(/Comparaison : celles qui contiennent un texte[\s\S]*Une partie d'un chemin/);
      await session.press(HELP);
      await session.press(ESC);
      await session.press("syslog\r");
      await session.until(/syslog : contenu/);
      await session.finish(`${END}\r`, /OUTCOME seen/);
    });
  });

  test(`${name}: where the backup is, field by field`, async () => {
    await on("source-on-terminal.ts", terminal, undefined, async (session) => {
      await session.until(/Où est la sauvegarde|Ou est la sauvegarde/);
      await session.press(HELP);
      await session.press(ESC);
      await session.press("4\r");
      await session.until(/O[ùu] est-elle \?/);
      await session.press("nas\r");
      await session.until(/Pas encore un emplacement/);
      await session.press(HELP);
      await session.press(ESC);
      await session.press("\x15nas:/srv\r");
      await session.until(/Nom de la sauvegarde/);
      await session.press("\r");
      await session.until(/Quelle carte m[èe]ne au serveur \?/);
      await session.press("3\r");
      await session.until(/D'o[ùu] vient l'adresse de eth1 \?/);
      await session.press("3\r");
      await session.until(/Son adresse, avec la longueur du pr[ée]fixe/);
      await session.press("10.0.0.5\r");
      await session.until(/192\.168\.1\.20\/24/);
      await session.press("/24\r");
      await session.press("10.0.1.1\r");
      await session.until(/10\.0\.1\.1 n'est pas dans le r[ée]seau de 10\.0\.0\.5\/24/);
      await session.press("\x15\r");
      await session.until(/Serveur de noms, ou Entr[ée]e/);
      await session.finish("\r", /OUTCOME \{"kind":"server","place":"nas:\/srv"/);
    });
  });

  test(`${name}: a pass phrase, and the keyboard that it is typed on`, async () => {
    await on("secrets-on-terminal.ts", terminal, undefined, async (session) => {
      await session.until(/Clavier : allemand\. Est-ce exact \?/);
      await session.press("2\r");
      await session.until(/Quelle est la disposition du clavier \?[\s\S]*> *\d+ {2}allemand \(de\)/);
      await session.press("17\r");
      await session.until(/Clavier : fran[çc]ais\. Est-ce exact \?/);
      await session.press("1\r");
      await session.until(/Phrase de passe pour le volume LUKS/);
      await session.press("\r");
      await session.until(/Saisissez une phrase de passe\./);
      await session.press("open\r");
      await session.until(/Encore une fois/);
      await session.finish("open\r", /OUTCOME 4 bytes, fran[çc]ais/);
    });
  });

  test(`${name}: single files, marked in the tree`, async () => {
    const work = mkdtempSync(join(tmpdir(), "mondo-fichiers-"));
    try {
      shell(
        work,
        `mkdir -p tree/etc/ssh out; cd tree; printf saved > etc/fstab; printf key > etc/ssh/key; ln -s fstab etc/lien
        mkfifo etc/tube; for i in $(seq 100 140); do printf $i > etc/ssh/cle$i; done`,
      );
      await saveSet(join(work, "tree"), join(work, "set"), { threads: 0 });
      await on("files-on-terminal.ts", terminal, { set: join(work, "set") }, async (session) => {
        await session.until(/Fichiers : \/[\s\S]*Que faut-il restaurer \?[\s\S]*\[ \] etc\//);
        await session.press(HELP);
        await session.press(ESC);
        await session.press("\r");
        await session.until(/lien symbolique/);
        await session.press(" ");
        await session.press(DOWN);
        await session.press(LEFT);
        await session.press(`${HOME}\r`);
        await session.until(/Chercher/);
        await session.press("\r");
        await session.until(/[ÉE]chap pour revenir/);
        await session.press("cle\r");
        await session.until(/Tout marquer \(41 entr[ée]es/);
        await session.press("1\r");
        await session.press(`${HOME}${DOWN}\r`);
        await session.until(/O[ùu] faut-il les mettre \?/);
        await session.press("2\r");
        await session.press("/nulle-part\r");
        await session.until(/Ce n'est pas un r[ée]pertoire\.[\s\S]*chemin complet\./);
        await session.press(`\x15${join(work, "out")}\r`);
        await session.until(/Que faire des fichiers qui existent d[ée]j[àa] \?/);
        await session.press("1\r");
        await session.until(/Restaurer ces fichiers maintenant \?/);
        await session.press("1\r");
        await session.until(/Les fichiers sont restaur[ée]s\./);
        await session.finish("\r", /OUTCOME done/);
      });
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  });
}

test("plain questions in French take oui and o, and say so to whoever types something else", async () => {
  const words = { disks: { vda: 12 * GIB }, held: ["vda"], ui: "plain" };
  const argv = [
    process.execPath,
    join(import.meta.dirname, "../support/restore-on-terminal.ts"),
    JSON.stringify(words),
  ];
  const session = new PtySession(argv, { TERM: "linux", LC_ALL: "fr_FR.UTF-8" });
  try {
    await session.until(/Quel disque doit remplacer[\s\S]*Numéro\s: $/, PATIENCE_MS);
    await session.press("neuf\r");
    await session.until(/Saisissez un nombre de 1 à 1\./);
    await session.press("1\r");
    await session.until(/Acceptez-vous de tout perdre\s\? \(oui\/non\) \[non\]\s: $/);
    await session.press("peut-être\r");
    await session.until(/Répondez par oui ou non \(o ou n\)\./);
    await session.press("o\r");
    await session.until(/Restaurer ainsi\s\?[\s\S]*Numéro\s: $/);
    await session.press("go\r");
    await session.until(/Vérifier aussi ces supports[\s\S]*\(oui\/non\) \[oui\]\s: $/);
    await session.press("n\r");
    await session.until(/Effacer maintenant les disques nommés ci-dessus\s\? \(oui\/non\) \[non\]\s: $/);
    await session.press("\r");
    await session.until(/Restaurer ainsi\s\?[\s\S]*Numéro\s: $/);
    await session.press("back\r");
    await session.until(/OUTCOME stopped/);
    const typed = /: (back|go)\r/g;
    assert.not.match(session.raw.replace(/OUTCOME stopped/, "").replace(typed, ""), ENGLISH);
  } finally {
    await session.end();
  }
});

test.run();
