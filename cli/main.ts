#!/usr/bin/env node
/** The command `taskflow`, as Node runs it; packaged.ts is for the one that is an executable by itself. */
import { ExitCode } from './errors.ts';
import { taskflow } from './program.ts';

const MIN_NODE = 24;
if (Number.parseInt(process.versions.node, 10) < MIN_NODE) {
  process.stderr.write(
    `taskflow needs Node ${MIN_NODE} or later, this is ${process.version}; in a checkout, npx taskflow brings its own\n`,
  );
  process.exit(ExitCode.BadInput);
}

await taskflow(process.argv.slice(2));
