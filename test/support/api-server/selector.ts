/** Label and field selectors. */
import { type Meta } from './object.ts';
import { badRequest } from './status.ts';

export type Selector = (meta: Meta) => boolean;

const EVERYTHING: Selector = () => true;

/**
 * A label selector: `a=b,c!=d,e in (f,g),h notin (i),j,!k`.
 *
 * @throws {StatusError} 400 when it cannot be read.
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 */
export function labelSelector(text: string | null): Selector {
  if (text === null || text.trim() === '') return EVERYTHING;
  // A comma within parentheses belongs to the values.
  const requirements = text.split(/,(?![^(]*\))/).map((part) => requirement(part.trim(), text));
  return (meta) => requirements.every((holds) => holds(meta.labels ?? {}));
}

type Requirement = (labels: Readonly<Record<string, string>>) => boolean;

function requirement(text: string, whole: string): Requirement {
  const sets = /^([\w./-]+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(text);
  if (sets) {
    const [, key = '', operator, list = ''] = sets;
    const values = new Set(list.split(',').map((value) => value.trim()));
    return operator === 'in'
      ? (labels) => labels[key] !== undefined && values.has(labels[key])
      : (labels) => labels[key] === undefined || !values.has(labels[key]);
  }
  const equality = /^([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)$/.exec(text);
  if (equality) {
    const [, key = '', operator, value] = equality;
    return operator === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
  }
  const existence = /^(!?)\s*([\w./-]+)$/.exec(text);
  if (existence) {
    const [, not, key = ''] = existence;
    return (labels) => (labels[key] === undefined) === (not === '!');
  }
  throw badRequest(`unable to parse requirement: found '${text}' in label selector '${whole}'`);
}

/** A field selector, and the name that it leaves when it asks for one. */
export interface FieldSelector {
  matches: Selector;
  name: string | undefined;
}

/**
 * A field selector on `metadata.name` and `metadata.namespace`.
 *
 * @throws {StatusError} 400 for any other field.
 */
export function fieldSelector(text: string | null): FieldSelector {
  if (text === null || text.trim() === '') return { matches: EVERYTHING, name: undefined };
  let name: string | undefined;
  const terms = text.split(',').map((part): Selector => {
    const [, field = '', operator, value = ''] = /^([\w.]+)(!=|==?)(.*)$/.exec(part.trim()) ?? [];
    if (operator === undefined) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
    // Of events; who asks has to look at what comes.
    if (field === 'regarding.uid' || field === 'regarding.kind') return EVERYTHING;
    if (field !== 'metadata.name' && field !== 'metadata.namespace')
      throw badRequest(`field label not supported: ${field}`);
    if (field === 'metadata.name' && operator !== '!=') name = value;
    const key = field === 'metadata.name' ? 'name' : 'namespace';
    return (meta) => ((meta[key] ?? '') === value) === (operator !== '!=');
  });
  return { matches: (meta) => terms.every((term) => term(meta)), name };
}
