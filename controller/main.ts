#!/usr/bin/env node
/** The command `taskflow-controller`, which the controller's image runs; `taskflow controller` is the same. */
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import packageJson from '../package.json' with { type: 'json' };
import { UsageError } from '../shared/usage-error.ts';
import { controllerOptions, ENV_PREFIX } from './options.ts';
import { CredentialsError } from './runtime/errors.ts';
import { ListenError } from './runtime/health/address.ts';
import { serve } from './serve.ts';

const EXIT_FAULT = 1;
const EXIT_BAD_INPUT = 2;

try {
  const args = await yargs(hideBin(process.argv))
    .scriptName('taskflow-controller')
    .usage('$0 [options]\n\nTurns Tasks into pods, moves their order on, and reports how they are.')
    .epilogue(`Every option can also be given as a variable: --agent-image as ${ENV_PREFIX}_AGENT_IMAGE.`)
    .env(ENV_PREFIX)
    .options(controllerOptions)
    .demandCommand(0, 0, '', 'Give options only')
    .strict()
    .version(packageJson.version)
    .help()
    .alias('help', 'h')
    .fail((message, error) => {
      throw error ?? new UsageError(message);
    })
    .parseAsync();
  await serve(args);
} catch (error) {
  const expected = [UsageError, CredentialsError, ListenError].some((kind) => error instanceof kind);
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  process.stderr.write(`taskflow-controller: ${expected ? message : (stack ?? message)}\n`);
  process.exit(expected ? EXIT_BAD_INPUT : EXIT_FAULT);
}
