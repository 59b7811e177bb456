import { PrerequisiteError } from './prerequisites.ts';

/** What an architecture is called by Debian (the key), in an ELF header, by gcc and by musl. */
export const ARCHITECTURES = {
  amd64: {
    machine: 62,
    gnu: 'x86_64-linux-gnu',
    musl: 'x86_64-linux-musl',
    crossPackage: 'gcc-x86-64-linux-gnu',
    flags: [],
  },
  arm64: {
    machine: 183,
    gnu: 'aarch64-linux-gnu',
    musl: 'aarch64-linux-musl',
    crossPackage: 'gcc-aarch64-linux-gnu',
    // libgcc's run-time choice of atomics asks glibc's __getauxval, which musl has not.
    flags: ['-mno-outline-atomics'],
  },
} as const;

export type Arch = keyof typeof ARCHITECTURES;

/** One executable to build. */
export interface Target {
  readonly arch: Arch;
  /** Built for the host with glibc, AddressSanitizer and UndefinedBehaviorSanitizer, to test the C binding. */
  readonly sanitize: boolean;
}

/** @example targetName({ arch: 'arm64', sanitize: false }) // 'linux-arm64' */
export function targetName({ arch, sanitize }: Target): string {
  return `linux-${arch}${sanitize ? '-sanitize' : ''}`;
}

/** This machine's architecture, from Node's name of it. Throws a PrerequisiteError for one without a static agent. */
export function hostArch(nodeArch: string = process.arch): Arch {
  switch (nodeArch) {
    case 'x64':
      return 'amd64';
    case 'arm64':
      return 'arm64';
    default:
      throw new PrerequisiteError([
        { what: `this machine is ${nodeArch}`, cure: 'use one that is amd64 or arm64' },
      ]);
  }
}

/**
 * The targets that the command line asks for. Throws a RangeError that says what to type.
 *
 * @example targetsOf({ arch: 'all', sanitize: false }, 'amd64') // amd64 and arm64
 */
export function targetsOf(asked: { arch?: string; sanitize?: boolean }, host: Arch): readonly Target[] {
  const { arch = host, sanitize = false } = asked;
  const arches = arch === 'all' ? Object.keys(ARCHITECTURES) : [arch];
  return arches.map((name) => {
    if (!isArch(name)) throw new RangeError(`--arch ${name}: use amd64, arm64 or all`);
    if (sanitize && name !== host) throw new RangeError(`--sanitize builds for this machine only (${host})`);
    return { arch: name, sanitize };
  });
}

function isArch(name: string): name is Arch {
  return Object.hasOwn(ARCHITECTURES, name);
}
