import { normalize } from 'node:path/posix';
import type { z } from 'zod';

/** Directories of the step containers that belong to taskflow: the agent, run directories, scripts; order and gate. */
const RESERVED_PATHS = ['/taskflow', '/etc/podinfo'];

const RESERVED = 'taskflow uses /taskflow and /etc/podinfo itself';
const CLEAN = 'a path without "//", "." and ".."';

/** The longest path: the API server counts what a rule about it costs at most. */
const MAX_PATH = 512;

/**
 * The schema of a path in a container that is not taskflow's, however it is written; nor `/`, below which all paths are.
 * A rule of the CRD cannot clean a path, and a container runtime does; so only clean ones are taken.
 *
 * @param cure - what to do about a path that is taskflow's
 * @example free(z.string(), 'choose another path').safeParse('//taskflow/./bin').success // false
 */
export const free = (schema: z.ZodString, cure: string) =>
  schema
    .max(MAX_PATH)
    .refine((path) => !isReserved(path), { error: `${RESERVED}; ${cure}` })
    .refine((path) => isReserved(path) || isClean(path), { error: `expected ${CLEAN}` })
    .meta({
      'x-kubernetes-validations': [
        { rule: `${CLEAN_RULE} && ${RESERVED_RULE}`, message: `${RESERVED}; ${cure}, at ${CLEAN}` },
      ],
    });

/** What is wrong with such a path, which a schema has not seen as it is now. */
export function pathProblem(path: string): string | undefined {
  if (path.length > MAX_PATH) return `expected at most ${MAX_PATH} characters`;
  if (isReserved(path)) return RESERVED;
  return isClean(path) && !path.includes(':') ? undefined : `expected ${CLEAN}, and without ":"`;
}

// The container runtime reads a relative path from the root.
function isReserved(path: string): boolean {
  const absolute = normalize(`/${path}/`);
  return absolute === '/' || RESERVED_PATHS.some((reserved) => absolute.startsWith(`${reserved}/`));
}

function isClean(path: string): boolean {
  return `/${path.replace(/^\/|\/$/g, '')}` === normalize(`/${path}/`).slice(0, -1);
}

const CLEAN_RULE = [
  ...['', '.', '..', '/'].map((path) => `self != '${path}'`),
  ...['./', '../'].map((start) => `!self.startsWith('${start}')`),
  ...['//', '/./', '/../'].map((part) => `!self.contains('${part}')`),
  ...['/.', '/..'].map((end) => `!self.endsWith('${end}')`),
].join(' && ');

const RESERVED_RULE = RESERVED_PATHS.flatMap((path) => [path, path.slice(1)])
  .map((path) => `self != '${path}' && !self.startsWith('${path}/')`)
  .join(' && ');
