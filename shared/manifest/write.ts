import { Schema, stringify } from 'yaml';
import { scalars } from './scalars.ts';

/** Strings that any other YAML 1.1 takes for something else, times for example, are quoted too. */
const schema = new Schema({ schema: 'failsafe', customTags: [...scalars], compat: 'yaml-1.1' });

/**
 * A Kubernetes object as one YAML document. Strings that Kubernetes would read as something else, `yes`, `0755` or
 * `0X0`, are quoted, so that a cluster gets what went in.
 *
 * @example formatYaml({ enabled: 'yes', count: 2 }) // 'enabled: "yes"\ncount: 2\n'
 */
export function formatYaml(object: object): string {
  return stringify(object, {
    schema,
    version: '1.1',
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
}
