import { arch, config, platform } from 'node:process';

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' };

/**
 * This machine in the words of images, `linux/amd64`. What steps name are images for Linux, so any other system that
 * runs their commands counts as Linux.
 */
export function hostPlatform(): string {
  const os = platform === 'win32' ? 'windows' : 'linux';
  if (arch !== 'arm') return `${os}/${ARCHITECTURES[arch] ?? arch}`;
  const version: unknown = Reflect.get(config.variables, 'arm_version');
  return `${os}/arm/v${typeof version === 'string' ? version : '7'}`;
}
