import { cp, mkdir, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { bundle, ENTRY, writeFiles } from '../../scripts/build-controller/bundle.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { scratch } from '../support/scratch.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const files = await bundle(ROOT);
const texts = new Map(files.map(({ name, contents }) => [name, Buffer.from(contents).toString()]));

describe('the bundle of the controller', () => {
  it('needs nothing but Node beside it', async () => {
    const directory = await scratch();
    await writeFiles(directory, files);
    const { stdout } = await execa(process.execPath, [join(directory, ENTRY), '--version']);
    expect(stdout).toBe(packageJson.version);
    for (const [name, text] of texts) {
      const asked = [...text.matchAll(/\b(?:from|import|require)\s*\(?"([^".][^"]*)"/g)].map(
        ([, what = '']) => what,
      );
      const foreign = asked.filter((what) => !what.startsWith('node:') && !builtinModules.includes(what));
      expect({ name, foreign: foreign.filter((what) => what in packageJson.dependencies) }).toEqual({
        name,
        foreign: [],
      });
    }
  });

  it('has what a pod does not need in parts that are not loaded there', () => {
    const entry = texts.get(ENTRY) ?? '';
    for (const word of ['ZodError', 'LineCounter', 'execaCoreSync']) expect(entry).not.toContain(word);
    expect([...texts.values()].join('')).toContain('LineCounter');
    expect(Buffer.byteLength(entry)).toBeLessThan(600_000);
  });

  it('reads a kubeconfig, which is in a part of its own', async () => {
    const directory = await scratch();
    await writeFiles(directory, files);
    const config = join(directory, 'config');
    await writeFile(config, 'clusters: [');
    const args = [join(directory, ENTRY), '--kubeconfig', config, '--metrics-addr', '127.0.0.1:0'];
    const { exitCode, stderr } = await execa(process.execPath, args, { reject: false });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('line 1');
  });

  it('is the same from another checkout, and says nothing of it', async () => {
    const elsewhere = join(await scratch(), 'elsewhere');
    await mkdir(elsewhere);
    for (const part of ['controller', 'shared', 'agent', 'package.json', 'node_modules'])
      await cp(join(ROOT, part), join(elsewhere, part), { recursive: true, filter: isNeeded });
    const again = await bundle(elsewhere);
    expect(again.map(({ name }) => name)).toEqual(files.map(({ name }) => name));
    for (const [index, { contents }] of again.entries())
      expect(Buffer.from(contents).equals(files[index]?.contents ?? Buffer.alloc(0))).toBe(true);
    for (const text of texts.values()) expect(text).not.toContain(ROOT);
  });
});

/** Executables are not bundled. */
function isNeeded(path: string): boolean {
  return !/node_modules\/(?:node|\.bin|\.cache|@esbuild|esbuild|typescript|@typescript|oxlint|@oxlint)/.test(
    path,
  );
}
