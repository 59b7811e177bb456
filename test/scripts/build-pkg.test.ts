import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hostArch } from '../../scripts/build-agent/target.ts';
import { bundle } from '../../scripts/build-pkg/bundle.ts';
import { runnerFor } from '../../scripts/build-pkg/check.ts';
import { NODE, pkgTarget, stripCommand } from '../../scripts/build-pkg/node.ts';
import { forgetPath, scriptPath } from '../../scripts/build-pkg/script-path.ts';
import packageLock from '../../package-lock.json' with { type: 'json' };
import packageJson from '../../package.json' with { type: 'json' };
import pinnedNode from '../../scripts/pinned-node/package.json' with { type: 'json' };

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('the path of the script', () => {
  it.each(['/a', '/home/somebody/src/taskflow/build/pkg/.tmp-A1b2C3'])('below %s', (directory) => {
    const path = scriptPath(directory);
    expect(path.startsWith(`${directory}/`)).toBe(true);
    expect(path).toHaveLength(scriptPath('/').length);
  });

  it('is a path also where the checkout is too deep for that', () => {
    const deep = `/${'d'.repeat(300)}`;
    expect(scriptPath(deep)).toBe(`${deep}/_/taskflow.cjs`);
  });

  it('is gone from the executable, which is otherwise as it was', () => {
    const [here, there] = ['/here/checkout', '/there'].map((directory) => scriptPath(directory));
    const [a, b] = [here, there].map((path = '') => {
      const executable = Buffer.from(`before${path}after`);
      forgetPath(executable, path);
      return executable;
    });
    expect(a).toEqual(b);
    expect(a?.toString()).toMatch(/^before\/+taskflow\.cjsafter$/);
  });

  it.each([
    ['not there', 'nothing'],
    ['there twice', '/x/taskflow.cjs and /x/taskflow.cjs'],
  ])('is an error when it is %s', (_, content) => {
    expect(() => forgetPath(Buffer.from(content), '/x/taskflow.cjs')).toThrow('does not name its script');
  });
});

describe('the Node inside', () => {
  it('is the one that runs the build', () => {
    expect(NODE.version).toBe(pinnedNode.version);
  });

  it('is by the hash that it is installed by', () => {
    for (const { arch, integrity } of Object.values(NODE.packages))
      expect(packageLock.packages[`node_modules/node-linux-${arch}`].integrity).toBe(integrity);
  });

  it.each([
    ['amd64', `node${NODE.version}-linux-x64`],
    ['arm64', `node${NODE.version}-linux-arm64`],
  ] as const)('for %s has a full version, for which pkg need not ask the network', (arch, target) => {
    expect(pkgTarget(arch)).toBe(target);
  });

  it('is stripped by the strip that knows its architecture', () => {
    expect(stripCommand(hostArch())).toBe('strip');
    const other = hostArch() === 'amd64' ? 'arm64' : 'amd64';
    expect(stripCommand(other)).toMatch(/^(aarch64|x86_64)-linux-gnu-strip$/);
  });
});

it('runs an executable for this machine as it is', async () => {
  expect(await runnerFor(hostArch())).toEqual([]);
});

describe('the bundle', () => {
  it('is one script without a place of its own, that tells nothing of the checkout', async () => {
    const script = await bundle(join(ROOT, 'cli/packaged.ts'), ROOT);
    expect(script).not.toContain('import.meta');
    expect(script).not.toContain(ROOT);
    const required = [...script.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name]) => name);
    expect(required).toContain('node:sea');
    const packages = required.filter((name = '') => name in packageJson.dependencies || name.startsWith('.'));
    expect(packages).toEqual([]);
  });
});
