/** What `npm ci` puts here is what the lock file has the hash of, and nothing else. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

interface Locked {
  integrity?: string;
  link?: boolean;
  resolved?: string;
  version?: string;
}

const read = async (file: string): Promise<string> =>
  readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
const { packages } = JSON.parse(await read('package-lock.json')) as { packages: Record<string, Locked> };
const installed = Object.entries(packages).filter(([path]) => path.includes('node_modules/'));
const version = packages['scripts/pinned-node']?.version;

it('each package has its hash, or is a folder of the checkout', () => {
  const without = installed.filter(([, { integrity, link }]) => integrity === undefined && link !== true);
  expect(without.map(([path]) => path)).toEqual([]);
  const links = installed.flatMap(([, { link, resolved }]) => (link === true ? resolved : []));
  expect(links).toEqual(['scripts/pinned-node']);
});

it('none runs a script, which could fetch what has no hash', async () => {
  const settings = await read('.npmrc');
  expect(settings.split('\n')).toContain('ignore-scripts=true');
});

it('this runs on the Node that has one', async () => {
  expect(process.version).toBe(`v${version}`);
});

it.each(['agent', 'controller'])(
  'the image of the %s is built in one base, by digest, with the same Node',
  async (name) => {
    const dockerfile = await read(`Dockerfile.${name}`);
    const [, base = ''] = /^ARG BASE=(.*)$/m.exec(dockerfile) ?? [];
    expect(base).toMatch(/^docker\.io\/library\/node:[\d.]+-bookworm@sha256:[\da-f]{64}$/);
    expect(base).toContain(`node:${version}-bookworm@`);
  },
);
