/** Platforms in the words of OCI images, `os/architecture/variant`, and which of them a machine can run. */

/** Names that tools give to an architecture, and what containerd takes them for, whatever variant is said with them. */
const WHOLE: Readonly<Record<string, string>> = { i386: '386', armhf: 'arm/v7', armel: 'arm/v6' };
const ALIASES: Readonly<Record<string, string>> = { x86_64: 'amd64', 'x86-64': 'amd64', aarch64: 'arm64' };
/** The variants that containerd spells otherwise; empty: the variant says no more than the architecture does. */
const VARIANTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  amd64: { v1: '' },
  arm64: { '8': '', v8: '', 'v8.0': '', '9': 'v9', '9.0': 'v9', 'v9.0': 'v9' },
  arm: { '': 'v7', '5': 'v5', '6': 'v6', '7': 'v7', '8': 'v8' },
};
const OLDEST_ARM = 5;
/** The last arm64 variants that containerd knows, v8.9 and v9.7; v9.0 can do what v8.5 can. */
const [LAST_V8, LAST_V9, V9_ABOVE_V8] = [9, 7, 5];

/**
 * One spelling for each platform, so that two can be compared: `linux/arm64/v8` is `linux/arm64`, `linux/arm` is
 * `linux/arm/v7`. `undefined` when the text is no platform.
 *
 * @example normalizePlatform('Linux/aarch64') // 'linux/arm64'
 */
export function normalizePlatform(text: string): string | undefined {
  const [os = '', given = '', said = '', ...rest] = text.toLowerCase().split('/');
  if (rest.length > 0 || ![os, given].every(isWord) || (said !== '' && !isWord(said))) return undefined;
  const whole = WHOLE[given];
  if (whole !== undefined) return `${os}/${whole}`;
  const architecture = ALIASES[given] ?? given;
  const variant = VARIANTS[architecture]?.[said] ?? said;
  return variant === '' ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
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
  const below = Number(variant.slice(1)) - 1;
  switch (architecture) {
    case 'amd64': {
      const plain = `${os}/amd64`;
      return [...new Set([own, ...lower(`${plain}/v`, below, 2), plain, `${os}/386`])];
    }
    case 'arm64':
      return [...arm64(`${os}/arm64`, variant), ...lower(`${os}/arm/v`, 8, OLDEST_ARM)];
    case 'arm':
      return [own, ...lower(`${os}/arm/v`, below, OLDEST_ARM)];
    default:
      return [own];
  }
}

/** The variants of arm64 that a machine of one of them runs. */
function arm64(name: string, variant: string): string[] {
  const [, major = '8', minor = '0'] = /^v([89])(?:\.(\d))?$/.exec(variant) ?? [];
  const version = Number(minor);
  const v8 = (last: number): string[] => [...lower(`${name}/v8.`, Math.min(last, LAST_V8), 1), name];
  if (major === '8') return v8(version);
  const v9 = Math.min(version, LAST_V9);
  return [...lower(`${name}/v9.`, v9, 1), `${name}/v9`, ...v8(v9 + V9_ABOVE_V8)];
}

/** `name` and each number down to the oldest. A number that is none has none below it. */
function lower(name: string, from: number, oldest: number): string[] {
  const count = Math.min(Math.max(0, from - oldest + 1), 32);
  return Number.isInteger(from) ? Array.from({ length: count }, (_, i) => `${name}${from - i}`) : [];
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
