import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';
import { makeOnce } from './cache.ts';
import { DEFINES, LIBRARY } from './compile.ts';
import { QUICKJS } from './source.ts';
import { inputsDigest } from './stamp.ts';
import type { Compiler } from './toolchain.ts';

/** The C modules that our main registers. qjsc must know them, or it would look for files of these names. */
const NATIVE_MODULES = ['qjs:std', 'qjs:os', 'qjs:taskflow'];
const QJSC_FLAGS = ['-O0', '-static'];

/** The whole program in one ECMAScript module. `__TASKFLOW_VERSION__` in it is the version, a string. */
export async function bundle(entry: string, version: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2023',
    external: NATIVE_MODULES,
    define: { __TASKFLOW_VERSION__: JSON.stringify(version) },
    minifySyntax: true,
    // Each name is an atom in every agent's memory.
    minifyIdentifiers: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  return outputFiles.map(({ text }) => text).join('');
}

/** The bytecode compiler, of the very source that will run the bytecode. Not optimised: it runs for 6 ms. */
export async function makeQjsc(host: Compiler, source: string, work: string): Promise<string> {
  const flags = [...host.args, ...QJSC_FLAGS, ...DEFINES];
  const key = inputsDigest({ source: QUICKJS.sha256, version: host.version, flags });
  return makeOnce(join(work, `qjsc-${key.slice(0, 12)}`), async (unfinished) => {
    const files = [...LIBRARY, 'qjsc.c'];
    // What it would call gcc with, if we let it.
    const unused = ['-DCONFIG_CC=""', '-DCONFIG_PREFIX=""'];
    await execa(host.command, [...flags, ...unused, ...files, '-o', unfinished, '-lm'], { cwd: source });
  });
}

/** Compiles the bundle; returns a C file that defines `taskflow_agent` and `taskflow_agent_size`. */
export async function compileBytecode(qjsc: string, program: string, scratch: string): Promise<string> {
  // The name goes into the bytecode: no directory, so that every checkout makes the same bytes.
  await writeFile(join(scratch, 'taskflow-agent.js'), program);
  const modules = NATIVE_MODULES.flatMap((name) => ['-M', `${name},${name.replace('qjs:', '')}`]);
  const output = ['-N', 'taskflow_agent', '-o', 'bytecode.c'];
  await execa(qjsc, ['-c', '-m', '-s', ...output, ...modules, 'taskflow-agent.js'], { cwd: scratch });
  return join(scratch, 'bytecode.c');
}
