import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { exists } from './cache.ts';

const APT = 'apt-get';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
/** Waits for another apt that holds the lock, but not for ever for a network that is not there. */
const PATIENCE = ['DPkg::Lock::Timeout=120', 'Acquire::Retries=1', 'Acquire::http::Timeout=30'].flatMap(
  (option) => ['-o', option],
);

/** A Debian archive that this machine is configured to use. */
export interface Archive {
  readonly uri: string;
  readonly codename: string;
}

/** One archive to download from, with lists and caches of its own: needs no root and changes nothing. */
export interface Suite {
  readonly type: 'deb' | 'deb-src';
  readonly uri: string;
  readonly codename: string;
  /** Debian's name of the packages' architecture, for `deb`. */
  readonly arch?: string;
}

/** Installs packages, as root; package lists that are missing or too old are fetched first. */
export async function install(packages: readonly string[]): Promise<void> {
  const command = ['install', '--yes', '--no-install-recommends', ...packages];
  try {
    await apt(command);
  } catch {
    await apt(['update']);
    await apt(command);
  }
}

/**
 * The Debian archive in this machine's own configuration. Where the package lists are empty, as in most container
 * images, they are fetched to `scratch`: only they say which of the sources is Debian's own. Throws where none is.
 */
export async function findArchive(scratch: string): Promise<Archive> {
  const configured = pickArchive(await indexTargets());
  if (configured) return configured;
  const lists = join(scratch, 'all-lists');
  await mkdir(join(lists, 'partial'), { recursive: true });
  const options = ['-o', `Dir::State::lists=${lists}`, '-o', 'APT::Sandbox::User=root'];
  await apt([...options, 'update']);
  const found = pickArchive(await indexTargets(options));
  if (!found) throw new Error('apt knows no Debian archive: none is configured, or none can be reached');
  return found;
}

/** Picks Debian's main archive from lines of `URI, origin, label, codename`, separated by tabs. */
export function pickArchive(targets: string): Archive | undefined {
  for (const line of targets.split('\n')) {
    const [uri, origin, label, codename] = line.split('\t');
    // The security archive has a label of its own; updates and backports have a codename with a hyphen.
    if (uri && origin === 'Debian' && label === 'Debian' && codename && !codename.includes('-'))
      return { uri, codename };
  }
  return undefined;
}

/** Runs `apt-get download` or `apt-get source` on one suite; the files land in the directory `into`. */
export async function download(suite: Suite, into: string, command: readonly string[]): Promise<void> {
  const state = join(into, 'apt');
  await mkdir(join(state, 'lists/partial'), { recursive: true });
  await mkdir(join(state, 'cache/archives/partial'), { recursive: true });
  const sources = join(state, 'sources.list');
  await writeFile(sources, sourceLine(suite, await exists(KEYRING)));
  const options = [
    `Dir::Etc::sourcelist=${sources}`,
    'Dir::Etc::sourceparts=-',
    `Dir::State::lists=${join(state, 'lists')}`,
    `Dir::Cache=${join(state, 'cache')}`,
    // As root, apt downloads as a user who may have no way into this directory.
    'APT::Sandbox::User=root',
    'Acquire::Languages=none',
    'APT::Update::Error-Mode=any',
    // A frozen mirror is fine: its signature is checked, and the version asked for does not change.
    'Acquire::Check-Valid-Until=false',
    ...(suite.arch ? [`APT::Architecture=${suite.arch}`, `APT::Architectures=${suite.arch}`] : []),
  ].flatMap((option) => ['-o', option]);
  await apt([...options, 'update'], into);
  await apt([...options, ...command], into);
}

export function sourceLine({ type, uri, codename, arch }: Suite, signed: boolean): string {
  const options = [...(arch ? [`arch=${arch}`] : []), ...(signed ? [`signed-by=${KEYRING}`] : [])];
  return [type, ...(options.length > 0 ? [`[${options.join(' ')}]`] : []), uri, codename, 'main\n'].join(' ');
}

async function indexTargets(options: readonly string[] = []): Promise<string> {
  const format = '$(REPO_URI)\t$(ORIGIN)\t$(LABEL)\t$(CODENAME)';
  const { stdout } = await execa(APT, [...options, 'indextargets', '--format', format]);
  return stdout;
}

/** Output is only seen when it fails, in the error's message. */
async function apt(args: readonly string[], cwd: string = process.cwd()): Promise<void> {
  await execa(APT, ['--quiet', ...PATIENCE, ...args], {
    cwd,
    env: { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
    stdin: 'ignore',
    timeout: 600_000,
  });
}
