import { Schema, type ScalarTag, type Tags } from 'yaml';

const YAML = 'tag:yaml.org,2002:';

/** The tag of a key that merges. */
export const MERGE = `${YAML}merge`;

/**
 * Plain scalars as Kubernetes reads them: sigs.k8s.io/yaml's copy of go-yaml v2, `resolve.go`. That is YAML 1.1 with Go's
 * numbers: `yes` and `off` are booleans, `0755` and `0o755` are octal, underscores in numbers are nothing; times and base-60
 * numbers stay strings. The package's own YAML 1.1 makes NaN of `.` and of `e5`.
 */
const asJson: ScalarTag['stringify'] = ({ value }) => JSON.stringify(value);

const bool: ScalarTag = {
  default: true,
  tag: `${YAML}bool`,
  test: /^(?:y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
  resolve: (source) => /^(?:y|t|on)/i.test(source),
  identify: (value) => typeof value === 'boolean',
  stringify: asJson,
};

const empty: ScalarTag = {
  default: true,
  tag: `${YAML}null`,
  test: /^(?:~|null|Null|NULL)?$/,
  resolve: () => null,
  identify: (value) => value === null,
  stringify: asJson,
};

const int: ScalarTag = {
  default: true,
  tag: `${YAML}int`,
  test: /^(?:[-+]_*)?(?:[0-9][0-9_]*|0_*(?:[xX]_*[0-9a-fA-F][0-9a-fA-F_]*|[bB]_*[01][01_]*|[oO]_*[0-7][0-7_]*))$/,
  resolve: readInteger,
  identify: (value) => typeof value === 'bigint' || Number.isInteger(value),
  stringify: ({ value }) => String(value),
};

const MOST = 2n ** 63n;

/** Past int64 an integer is a float, as for the JSON of an API server; one that can only be an integer is text. */
function readInteger(source: string): number | bigint | string {
  const plain = source.replaceAll('_', '');
  const [, sign = '', digits = ''] = /^([-+]?)(.*)$/.exec(plain) ?? [];
  const octal = /^0[0-7]+$/.test(digits);
  const decimal = /^[0-9]+$/.test(digits);
  const size = BigInt(octal ? `0o${digits}` : digits.toLowerCase());
  const value = sign === '-' ? -size : size;
  if (value >= -MOST && value < MOST && (octal || !/^0[0-9]/.test(digits))) {
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }
  if (sign === '' && size < 2n * MOST) return Number(size);
  return decimal ? readFloat(plain) : source;
}

const float: ScalarTag = {
  default: true,
  tag: `${YAML}float`,
  test: /^(?:[-+]_*)?(?:\._*[0-9][0-9_]*|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE]_*(?:[-+]_*)?[0-9][0-9_]*)?$|^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$/,
  resolve(source) {
    if (/nan$/i.test(source)) return Number.NaN;
    if (/inf$/i.test(source)) return source.startsWith('-') ? -Infinity : Infinity;
    // Before the point nothing parts digits.
    return source.startsWith('._') ? source : readFloat(source.replaceAll('_', ''), source);
  },
  identify: (value) => typeof value === 'number',
  stringify: asJson,
};

/** What a float cannot hold is text. There is no zero below zero in JSON. */
function readFloat(plain: string, source = plain): number | string {
  const value = Number(plain);
  return Number.isFinite(value) ? value || 0 : source;
}

/** Base64 of UTF-8: a string. */
const binary: ScalarTag = {
  default: false,
  tag: `${YAML}binary`,
  resolve: (source) => Buffer.from(source, 'base64').toString(),
};

/** Tags whose text or collection is what it is without them. */
const asWritten: Tags = [
  ...['timestamp', 'merge'].map((name): ScalarTag => ({
    default: false,
    tag: `${YAML}${name}`,
    resolve: (source) => source,
  })),
  { default: false, tag: `${YAML}set`, collection: 'map' },
  { default: false, tag: `${YAML}omap`, collection: 'seq' },
];

/** The scalars of a manifest that are no strings. */
export const scalars: readonly ScalarTag[] = [empty, bool, int, float];

/** The tags of a manifest: those of YAML 1.1, and none of an application. */
export const kubernetesYaml = new Schema({
  schema: 'failsafe',
  customTags: [...scalars, binary, ...asWritten],
});
