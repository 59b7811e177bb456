#!/usr/bin/env node
/** The command `taskflow-controller`, which the controller's image runs; `taskflow controller` is the same. */
import { UsageError } from '../shared/turn/errors.ts';
import packageJson from '../package.json' with { type: 'json' };
import { readControllerArguments } from './arguments.ts';
import { CredentialsError } from './runtime/errors.ts';
import { ListenError } from './runtime/health/address.ts';
import { serve } from './serve.ts';

const EXIT_FAULT = 1;
const EXIT_BAD_INPUT = 2;

// No `await` here: the bundle is no module, because the loader of modules costs memory.
void main();

async function main(): Promise<void> {
  try {
    const read = readControllerArguments(process.argv.slice(2), process.env);
    if (read.kind === 'values') await serve(read.values);
    else if (read.kind === 'version') process.stdout.write(`${packageJson.version}\n`);
    else process.stdout.write(`${await (await import('./help.ts')).help()}\n`);
  } catch (error) {
    const expected = [UsageError, CredentialsError, ListenError].some((kind) => error instanceof kind);
    const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
    const hint = error instanceof UsageError ? '\nsee taskflow-controller --help' : '';
    process.stderr.write(`taskflow-controller: ${expected ? message : (stack ?? message)}${hint}\n`);
    process.exit(expected ? EXIT_BAD_INPUT : EXIT_FAULT);
  }
}
