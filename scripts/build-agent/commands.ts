import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { install } from './apt.ts';
import { ARCHITECTURES } from './target.ts';
import { missingCommands, PrerequisiteError } from './prerequisites.ts';

/** The Debian packages a command comes from; `gcc` alone would come without the C library's headers. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  gcc: ['gcc', 'libc6-dev'],
  xz: ['xz-utils'],
  ...Object.fromEntries(
    Object.values(ARCHITECTURES).map(({ gnu, crossPackage }) => [`${gnu}-gcc`, [crossPackage]]),
  ),
};

/** Installs the commands that are missing, where it may. Throws a PrerequisiteError where it may not. */
export async function requireCommands(
  commands: readonly string[],
  say: (line: string) => void,
): Promise<void> {
  const missing = await notOnPath(commands);
  if (missing.length === 0) return;
  const packages = missing.flatMap((command) => PACKAGES[command] ?? [command]);
  const failure = missingCommands(missing, packages);
  if (process.getuid?.() !== 0 || !(await onPath('apt-get'))) throw new PrerequisiteError([failure]);
  say(`installing ${packages.join(' ')}`);
  await install(packages).catch((cause: unknown) => {
    throw new PrerequisiteError([failure], { cause });
  });
}

export async function onPath(command: string): Promise<boolean> {
  return (await notOnPath([command])).length === 0;
}

async function notOnPath(commands: readonly string[]): Promise<string[]> {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const found = await Promise.all(
    commands.map(async (command) => {
      const tries = folders.map((folder) => access(join(folder, command), constants.X_OK));
      return (await Promise.allSettled(tries)).some(({ status }) => status === 'fulfilled');
    }),
  );
  return commands.filter((_, index) => !found[index]);
}
