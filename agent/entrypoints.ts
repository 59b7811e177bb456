/** Chooses what comes before a command: an image for several platforms may run another thing on each. */
import { bestPlatform, normalizePlatform } from '../shared/turn/platform.ts';

/** The value of `--entrypoints` is none, or has nothing for this machine. The message goes on after the flag's name. */
export class EntrypointError extends Error {
  override name = 'EntrypointError';
}

/**
 * The words for a machine: its own platform's, else those of the best one that it can run.
 *
 * @param json - `{"linux/amd64":["/run"],"linux/arm64/v8":["/run-arm"]}`
 * @throws {EntrypointError} naming the platforms, when none is for this machine
 */
export function chooseEntrypoint(json: string, machine: string): readonly string[] {
  const offered = new Map(readEntrypoints(json));
  const best = bestPlatform(machine, [...offered.keys()]);
  const words = best === undefined ? undefined : offered.get(best);
  if (words !== undefined) return words;
  throw new EntrypointError(
    `has nothing for ${machine}: the image is for ${[...offered.keys()].join(', ')} only; take another, or give the step a command:`,
  );
}

function readEntrypoints(json: string): [string, readonly string[]][] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    value = undefined;
  }
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const read = entries.flatMap(([name, words]: [string, unknown]): [string, readonly string[]][] => {
    const platform = normalizePlatform(name);
    return platform !== undefined && isWords(words) ? [[platform, words]] : [];
  });
  if (read.length === 0 || read.length < entries.length) {
    throw new EntrypointError(
      'is no JSON map of platforms to lists of words; write {"linux/amd64":["/run"]}',
    );
  }
  return read;
}

function isWords(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((word) => typeof word === 'string');
}
