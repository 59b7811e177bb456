/** Platforms in the words of OCI images, `os/architecture/variant`, and which of them a machine can run. */

/** The variant that an architecture has when none is said, as containerd normalises it. */
const DEFAULT_VARIANT: Readonly<Record<string, string>> = { arm: 'v7' };
/** Variants that say no more than the architecture does. */
const REDUNDANT_VARIANT: Readonly<Record<string, string>> = { amd64: 'v1', arm64: 'v8' };
/** What `uname -m` and others call the same architectures. */
const ALIASES: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  i386: '386',
  armhf: 'arm',
};
const OLDEST_ARM = 5;

/**
 * One spelling for each platform, so that two can be compared: `linux/arm64/v8` is `linux/arm64`, `linux/arm` is
 * `linux/arm/v7`. `undefined` when the text is no platform.
 *
 * @example normalizePlatform('Linux/aarch64') // 'linux/arm64'
 */
export function normalizePlatform(text: string): string | undefined {
  const [os = '', given = '', said = '', ...rest] = text.toLowerCase().split('/');
  if (rest.length > 0 || ![os, given].every(isWord) || (said !== '' && !isWord(said))) return undefined;
  const architecture = ALIASES[given] ?? given;
  // `armel` is ARMv6 in containerd's words.
  if (architecture === 'armel') return `${os}/arm/v6`;
  const numbered = /^\d+$/.test(said) ? `v${said}` : said;
  const variant = numbered === '' ? DEFAULT_VARIANT[architecture] : numbered;
  const redundant = variant === undefined || variant === REDUNDANT_VARIANT[architecture];
  return redundant ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

/**
 * The platforms that a machine can run, the best first: its own, lower variants of it, and the 32-bit architecture
 * that its processor also knows. The order is containerd's, which is what chooses an image on a node.
 *
 * @see https://github.com/containerd/platforms/blob/main/compare.go
 * @example runnablePlatforms('linux/arm64') // ['linux/arm64', 'linux/arm/v8', 'linux/arm/v7', 'linux/arm/v6', 'linux/arm/v5']
 */
export function runnablePlatforms(platform: string): readonly string[] {
  const own = normalizePlatform(platform);
  if (own === undefined) return [];
  const [os = '', architecture = '', variant = ''] = own.split('/');
  const version = Number(variant.slice(1));
  switch (architecture) {
    case 'amd64':
      return [...lower(`${os}/amd64`, version, 2), `${os}/amd64`, `${os}/386`];
    case 'arm64':
      return [...lower(`${os}/arm64`, version, 9), `${os}/arm64`, ...lower(`${os}/arm`, 8, OLDEST_ARM)];
    case 'arm':
      return lower(`${os}/arm`, version, OLDEST_ARM);
    default:
      return [own];
  }
}

/** `name/v4`, `name/v3` … down to the oldest. A version that is no number is none. */
function lower(name: string, version: number, oldest: number): string[] {
  const count = Math.min(Math.max(0, version - oldest + 1), 32);
  return Number.isInteger(version) ? Array.from({ length: count }, (_, i) => `${name}/v${version - i}`) : [];
}

/**
 * The best of `offered` for a machine, or `undefined` when it can run none of them.
 *
 * @param offered - normalised platforms
 * @example bestPlatform('linux/amd64', ['linux/arm64', 'linux/386']) // 'linux/386'
 */
export function bestPlatform(machine: string, offered: readonly string[]): string | undefined {
  return runnablePlatforms(machine).find((platform) => offered.includes(platform));
}

function isWord(text: string): boolean {
  return /^[a-z0-9][a-z0-9_.-]*$/.test(text);
}
