import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { download, findArchive } from './apt.ts';
import { exists, fileSha256, makeOnce, withScratch } from './cache.ts';
import { onPath } from './commands.ts';
import { PrerequisiteError, type Missing } from './prerequisites.ts';

/** The engine: Debian's source package, because its mirrors keep it and apt checks its signature. */
export const QUICKJS = {
  /** As QuickJS's own file VERSION says it. */
  version: '2025-04-26',
  package: { name: 'quickjs', version: '2025.04.26-1', suite: 'trixie' },
  tarball: 'quickjs_2025.04.26.orig.tar.xz',
  sha256: 'ec81da5b3249ed648dbc7df4a1654988910e66a118d9b71cb63534216efcfbbe',
} as const;

/** Where the unpacked source is, once it is. */
export function sourceDirectory(work: string): string {
  return join(work, `quickjs-${QUICKJS.sha256.slice(0, 12)}`);
}

/**
 * The directory of the unpacked, verified source: from `QUICKJS_TARBALL`, from the work directory, or by apt.
 * Throws a PrerequisiteError that says which file to put where.
 */
export async function getSource(work: string, say: (line: string) => void): Promise<string> {
  return makeOnce(sourceDirectory(work), async (unfinished) => {
    const tarball = process.env['QUICKJS_TARBALL'] ?? (await fetchTarball(work, say));
    const digest = await fileSha256(tarball);
    if (digest !== QUICKJS.sha256) throw new PrerequisiteError([unusable(tarball, digest, work)]);
    await mkdir(unfinished);
    await execa('tar', ['-xJf', tarball, '-C', unfinished, '--strip-components=1', '--no-same-owner']);
  });
}

async function fetchTarball(work: string, say: (line: string) => void): Promise<string> {
  const kept = join(work, QUICKJS.tarball);
  if (await exists(kept)) return kept;
  if (!(await onPath('apt-get'))) throw new PrerequisiteError([absent(work, 'there is no apt-get')]);
  say('fetching the source of QuickJS');
  return withScratch(work, async (scratch) => {
    try {
      const archive = await findArchive(scratch);
      const { name, version, suite } = QUICKJS.package;
      await download({ type: 'deb-src', uri: archive.uri, codename: suite }, scratch, [
        'source',
        '--download-only',
        '--tar-only',
        `${name}=${version}`,
      ]);
      await rename(join(scratch, QUICKJS.tarball), kept);
    } catch (cause) {
      throw new PrerequisiteError([absent(work, 'apt could not fetch it')], { cause });
    }
    return kept;
  });
}

function absent(work: string, why: string): Missing {
  return { what: `the source of QuickJS is missing (${why})`, cure: whereToPutIt(work) };
}

function unusable(tarball: string, digest: string | undefined, work: string): Missing {
  const found = digest === undefined ? 'cannot be read' : `is another file (sha256 ${digest})`;
  return { what: `${tarball} ${found}`, cure: `use the right one, or remove it:\n${whereToPutIt(work)}` };
}

/** The part of the messages that lets a person do it by hand. Exported for the tests. */
export function whereToPutIt(work: string): string {
  const { name, version } = QUICKJS.package;
  return [
    `get ${QUICKJS.tarball} of Debian's source package ${name} ${version}`,
    `(sha256 ${QUICKJS.sha256})`,
    `and put it in ${work}, or name it: QUICKJS_TARBALL=/path/to/${QUICKJS.tarball} npm run build:agent`,
  ].join('\n');
}
