#!/usr/bin/env node
/** The command `taskflow-controller`, which the controller's image runs; `taskflow controller` is the same. */
import { print } from '../shared/print.ts';
import { SystemError, UsageError } from '../shared/turn/errors.ts';
import packageJson from '../package.json' with { type: 'json' };
import { readControllerArguments } from './arguments.ts';
import { CredentialsError } from './runtime/errors.ts';
import { ListenError } from './runtime/health/address.ts';
import { serve } from './serve.ts';

const EXIT_FAULT = 1;
const EXIT_BAD_INPUT = 2;
/** As if SIGPIPE had ended it. */
const EXIT_BROKEN_PIPE = 141;

// No `await` here: the bundle is no module, because the loader of modules costs memory.
void main();

async function main(): Promise<void> {
  try {
    const read = readControllerArguments(process.argv.slice(2), process.env);
    if (read.kind === 'values') await serve(read.values);
    else if (read.kind === 'version') await print(`${packageJson.version}\n`);
    else await print(`${await (await import('./help.ts')).help()}\n`);
  } catch (error) {
    if (error instanceof SystemError) return fail(error);
    const expected = [UsageError, CredentialsError, ListenError].some((kind) => error instanceof kind);
    const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
    const hint = error instanceof UsageError ? '\nsee taskflow-controller --help' : '';
    process.stderr.write(`taskflow-controller: ${expected ? message : (stack ?? message)}${hint}\n`);
    process.exit(expected ? EXIT_BAD_INPUT : EXIT_FAULT);
  }
}

/** Whoever reads no further of the help has what they wanted. */
function fail({ code, message }: SystemError): void {
  if (code !== 'EPIPE') process.stderr.write(`taskflow-controller: ${message}\n`);
  process.exit(code === 'EPIPE' ? EXIT_BROKEN_PIPE : EXIT_FAULT);
}
