import { build } from 'esbuild';

/** What `bundle` makes: files for one directory. */
export interface File {
  /** `taskflow-controller.mjs`, `parts/lookup-ABCDEFGH.mjs` */
  readonly name: string;
  readonly contents: Uint8Array;
}

/** CommonJS packages ask for what Node brings by `require`, which a module has not. */
const REQUIRE = `import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);`;

/**
 * The controller for Node 24, with nothing but Node beside it. What it imports only when it is needed, such as the
 * reading of a kubeconfig, stays in parts of its own: in a pod they are never read, and cost no memory. Names are kept,
 * for stack traces. The same source gives the same bytes, wherever the checkout is.
 */
export async function bundle(root: string): Promise<File[]> {
  const { outputFiles } = await build({
    entryPoints: { 'taskflow-controller': 'controller/main.ts' },
    absWorkingDir: root,
    outdir: root,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'parts/[name]-[hash]',
    bundle: true,
    splitting: true,
    write: false,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    target: 'node24',
    banner: { js: REQUIRE },
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  return outputFiles.map(({ path, contents }) => ({
    name: path.slice(root.length).replace(/^\//, ''),
    contents,
  }));
}
