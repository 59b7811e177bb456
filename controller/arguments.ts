/** Reads the controller's arguments and their variables. */
import { readArguments, type Read } from '../shared/arguments/read.ts';
import { controllerOptions, ENV_PREFIX } from './options.ts';

/**
 * What the controller was asked to do.
 *
 * @param argv - without the program
 * @param env - may hold options too: `TASKFLOW_CONTROLLER_WORKERS`
 * @throws {UsageError} for what is wrong with them
 */
export function readControllerArguments(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
): Read<typeof controllerOptions> {
  return readArguments(argv, controllerOptions, { variables: { prefix: ENV_PREFIX, of: env } });
}
