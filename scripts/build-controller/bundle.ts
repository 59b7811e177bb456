import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build, transform, type Metafile } from 'esbuild';

/** What is to be run. */
export const ENTRY = 'taskflow-controller.cjs';

/** What `bundle` makes: files for one directory. */
export interface File {
  /** `taskflow-controller.cjs`, `parts/lookup-ABCDEFGH.cjs` */
  readonly name: string;
  readonly contents: Uint8Array;
}

/** What a module knows of itself, for packages that ask. */
const MODULE_URL = `const moduleUrl=require('node:url').pathToFileURL(__filename).href;`;

/**
 * The controller for Node 24, with nothing but Node beside it. What it imports only when it is needed, such as the
 * reading of a kubeconfig, stays in parts of its own: in a pod they are never read, and cost no memory. Names are kept,
 * for stack traces. The same source gives the same bytes, wherever the checkout is.
 *
 * The parts are CommonJS: Node's loader of modules costs a process 3 MB. esbuild splits only modules, so that it is done
 * first and translated then.
 */
export async function bundle(root: string): Promise<File[]> {
  const { outputFiles, metafile } = await build({
    entryPoints: { 'taskflow-controller': 'controller/main.ts' },
    absWorkingDir: root,
    outdir: root,
    outExtension: { '.js': '.cjs' },
    chunkNames: 'parts/[name]-[hash]',
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    target: 'node24',
    define: { 'import.meta.url': 'moduleUrl' },
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  refuseNameless(metafile);
  return Promise.all(
    outputFiles.map(async ({ path, text }) => ({
      name: path.slice(root.length).replace(/^\//, ''),
      contents: Buffer.from(await asCommonJs(text)),
    })),
  );
}

async function asCommonJs(code: string): Promise<string> {
  const translated = await transform(code, {
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    banner: MODULE_URL,
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    supported: { 'dynamic-import': false },
  });
  return translated.code;
}

/** Writes the files of a bundle below `directory`, which is made. */
export async function writeFiles(directory: string, files: readonly File[]): Promise<void> {
  for (const { name, contents } of files) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), contents);
  }
}

/**
 * With splitting, `await import()` of a CommonJS package has no names but `default`, unlike in Node: what works from the
 * source would fail in the bundle. A module of one's own between the two has them.
 */
function refuseNameless({ inputs }: Metafile): void {
  for (const [importer, { imports }] of Object.entries(inputs)) {
    for (const { kind, path } of imports) {
      if (kind === 'dynamic-import' && inputs[path]?.format === 'cjs')
        throw new Error(
          `${importer} imports ${path} dynamically, and that is CommonJS: import a module of ours that imports it`,
        );
    }
  }
}
