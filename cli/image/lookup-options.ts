import { registryOptions, type RegistryArguments } from '../../shared/image/registry-options.ts';

/** The options of every command that looks images up for a person. */
export const lookupOptions = {
  offline: {
    type: 'boolean',
    default: false,
    describe: 'Ask no registry what images run; only the cache',
  },
  ...registryOptions,
} as const;

/** Their values. */
export interface LookupArguments extends RegistryArguments {
  offline: boolean;
}
