import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readControllerArguments } from '../../controller/arguments.ts';
import { controllerOptions, ENV_PREFIX } from '../../controller/options.ts';
import { container, deployment, manifest, ROOT } from './files.ts';

/** Of `TASKFLOW_CONTROLLER_AGENT_IMAGE`, `agent-image`. */
const optionOf = (variable: string): string =>
  variable
    .slice(ENV_PREFIX.length + 1)
    .toLowerCase()
    .replaceAll('_', '-');

describe('the Deployment', () => {
  it('gives options that the controller has', async () => {
    const { args } = await container();
    expect(readControllerArguments(args, {})).toMatchObject({
      values: { metricsAddr: ':8080', leaderElect: true, dryRun: false },
    });
  });

  it('sets variables that the controller reads', async () => {
    const { env } = await container();
    for (const { name } of env) expect(Object.keys(controllerOptions)).toContain(optionOf(name));
  });

  it('has no other variables of their prefix: the kubelet adds none for Services', async () => {
    expect((await deployment()).spec.template.spec['enableServiceLinks']).toBe(false);
  });

  it('is told, where it has rights in one namespace, that of the Tasks and that of the Lease', async () => {
    const { patches } = await manifest<{ patches: { patch: string }[] }>(
      'overlays/namespaced/controller/kustomization.yaml',
    );
    const variables = patches
      .map(({ patch }) => patch)
      .join()
      .matchAll(new RegExp(`name: (${ENV_PREFIX}\\w+)`, 'g'));
    expect([...variables].map(([, name = '']) => optionOf(name))).toEqual(['namespace', 'lease-namespace']);
  });
});

describe('docs/deploy.md', () => {
  it('has a row for every option, with its default and what it is', async () => {
    const text = await readFile(join(ROOT, 'docs/deploy.md'), 'utf8');
    const rows = [...text.matchAll(/^\| `--([\w-]+)`\s*\| (.*?)\s*\| (.*?)\s*\|$/gm)].map(
      ([, name = '', fallback = '', describe_ = '']) => ({ name, fallback, describe: describe_ }),
    );
    const expected = Object.entries(controllerOptions).map(([name, option]) => {
      const value = 'default' in option ? option.default.toString() : '';
      return {
        name,
        fallback: value === '' ? '' : `\`${value}\``,
        describe: option.describe.replaceAll('|', '\\|'),
      };
    });
    expect(rows).toEqual(expected);
  });
});
