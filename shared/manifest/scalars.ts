import { Schema, type ScalarTag } from 'yaml';

/**
 * Plain scalars as Kubernetes reads them: sigs.k8s.io/yaml's copy of go-yaml v2, `resolve.go`. That is YAML 1.1 with Go's
 * numbers: `yes` and `off` are booleans, `0755` and `0o755` are octal, underscores in numbers are nothing; times and base-60
 * numbers stay strings. The package's own YAML 1.1 makes NaN of `.` and of `e5`.
 */
const asJson: ScalarTag['stringify'] = ({ value }) => JSON.stringify(value);

const bool: ScalarTag = {
  default: true,
  tag: 'tag:yaml.org,2002:bool',
  test: /^(?:y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
  resolve: (source) => /^(?:y|t|on)/i.test(source),
  identify: (value) => typeof value === 'boolean',
  stringify: asJson,
};

const empty: ScalarTag = {
  default: true,
  tag: 'tag:yaml.org,2002:null',
  test: /^(?:~|null|Null|NULL)?$/,
  resolve: () => null,
  identify: (value) => value === null,
  stringify: asJson,
};

const int: ScalarTag = {
  default: true,
  tag: 'tag:yaml.org,2002:int',
  test: /^[-+]?(?:0[xX]_*[0-9a-fA-F][0-9a-fA-F_]*|0[bB]_*[01][01_]*|0[oO]_*[0-7][0-7_]*|0[0-7_]*|[1-9][0-9_]*)$/,
  resolve(source) {
    const [, sign, digits = ''] = /^([-+]?)(.*)$/.exec(source.replaceAll('_', '')) ?? [];
    const value = Number(/^0[0-7]/.test(digits) ? `0o${digits}` : digits.toLowerCase());
    return sign === '-' ? -value : value;
  },
  identify: (value) => Number.isInteger(value),
  stringify: asJson,
};

const float: ScalarTag = {
  default: true,
  tag: 'tag:yaml.org,2002:float',
  test: /^[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?$|^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$/,
  resolve(source) {
    if (/nan$/i.test(source)) return Number.NaN;
    if (/inf$/i.test(source)) return source.startsWith('-') ? -Infinity : Infinity;
    return Number(source.replaceAll('_', ''));
  },
  identify: (value) => typeof value === 'number',
  stringify: asJson,
};

/** The scalars of a manifest that are no strings. */
export const scalars: readonly ScalarTag[] = [empty, bool, int, float];

/** The tags of a manifest: maps, lists, strings and the scalars above; no `!!set`, `!!binary` and so on. */
export const kubernetesYaml = new Schema({ schema: 'failsafe', customTags: [...scalars] });
