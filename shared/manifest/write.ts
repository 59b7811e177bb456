import { Scalar, Schema, stringify, type ScalarTag } from 'yaml';
import { stringTag } from 'yaml/util';
import { scalars } from './scalars.ts';

/** What a line of a block can hold and every reader takes as it is; U+0085, U+2028 and U+2029 are ends of lines to some. */
const LINE = /^[\t\u0020-\u007e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]*$/u;
/** What JSON leaves as it is and YAML does not, or what nobody sees. */
const HIDDEN = /[\u007f-\u00a0\u2028\u2029\ufeff\ufffe\uffff]/g;

const string: ScalarTag = {
  ...stringTag,
  stringify(item, ...context) {
    const text = String(item.value).toWellFormed();
    if (!(text.includes('\n') ? isBlock(text) : isLine(text))) return quoted(text);
    return stringTag.stringify?.(new Scalar(text), ...context) ?? quoted(text);
  },
};

/** Strings that any other YAML 1.1 takes for something else, times for example, are quoted too. */
const schema = new Schema({
  schema: 'failsafe',
  customTags: (tags) => [...tags.filter((tag) => tag !== stringTag), string, ...scalars],
  compat: 'yaml-1.1',
});

/** "<<" would be a merge, "=" is a type of YAML 1.1, and at the beginning of a line "---" parts documents; tabs are for libyaml only. */
function isLine(text: string): boolean {
  return LINE.test(text) && !/\t|^(?:<<|=|---.*|\.\.\..*)$/.test(text);
}

/** A block cannot begin with white space, from whose amount readers tell its indentation, nor end with it. */
function isBlock(text: string): boolean {
  return /^[^\s][^]*[^\s]\n*$|^[^\s]\n*$/.test(text) && text.split('\n').every((line) => LINE.test(line));
}

function quoted(text: string): string {
  return JSON.stringify(text).replace(
    HIDDEN,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * A Kubernetes object as one YAML document. Strings that Kubernetes would read as something else, `yes`, `0755` or
 * `0X0`, are quoted, so that a cluster gets what went in. An integer past 2^53 is a bigint.
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
