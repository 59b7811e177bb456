import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { REGISTRY_TOOLS } from '../../scripts/test-tools/registry.ts';

const folders = (process.env['PATH'] ?? '').split(delimiter);

const missing = Object.keys(REGISTRY_TOOLS).filter(
  (command) => !folders.some((folder) => existsSync(join(folder, command))),
);

/** Why tests with a real registry cannot run here; `undefined` when they can. */
export const registryMissing: string | undefined =
  missing.length === 0
    ? undefined
    : `${missing.join(', ')} not found; npm run test:tools, or apt-get install ${missing.map((command) => REGISTRY_TOOLS[command]).join(' ')}`;

// Where nobody looks at what is skipped, everything has to run.
if (registryMissing !== undefined && process.env['CI'] === 'true') throw new Error(registryMissing);
