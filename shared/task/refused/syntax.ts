/** The syntax of names in Kubernetes: `k8s.io/apimachinery/pkg/util/validation`. */
import { isIP } from 'node:net';

const NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const LABEL = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;

export const isLabelValue = (text: string): boolean => text === '' || (text.length <= 63 && NAME.test(text));

/** `name` or `prefix/name`: what labels, annotations and taints are called. */
export function isQualifiedName(text: string): boolean {
  const [name = '', prefix, ...more] = text.split('/').toReversed();
  if (more.length > 0 || name.length > 63 || !NAME.test(name)) return false;
  return prefix === undefined || isSubdomain(prefix);
}

export const isLabel = (text: string): boolean => text.length <= 63 && LABEL.test(text);

export const isSubdomain = (text: string): boolean =>
  text.length <= 253 && text.split('.').every((part) => LABEL.test(part));

/** A key of a ConfigMap or Secret. */
export const isDataKey = (text: string): boolean =>
  /^[-._a-zA-Z0-9]{1,253}$/.test(text) && text !== '.' && !text.startsWith('..');

/** The name of a port: letters, digits and single dashes, at most 15, with a letter among them. */
export const isPortName = (text: string): boolean =>
  text.length <= 15 && /^(?!.*--)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/.test(text) && /[a-z]/.test(text);

/** A path below a directory. */
export const isBelow = (text: string): boolean => !text.startsWith('/') && !text.split('/').includes('..');

/** The path of a file in a volume that the kubelet fills: it keeps names that begin with two dots for itself. */
export const isFilePath = (text: string): boolean => isBelow(text) && !text.startsWith('..');

export const isAddress = (text: string): boolean => isIP(text) !== 0;

export const WORDS = {
  labelValue:
    'a label value: at most 63 letters, digits, "-", "_" and ".", beginning and ending with a letter or digit',
  qualifiedName:
    'a name such as "app" or "example.com/app": letters, digits, "-", "_" and ".", at most 63 behind the "/"',
  label: 'at most 63 lower-case letters, digits and "-", beginning and ending with a letter or digit',
  subdomain:
    'lower-case letters, digits, "-" and ".", every part beginning and ending with a letter or digit',
  dataKey: 'a key of letters, digits, "-", "_" and "."',
  below: 'a path without a "/" before it and without ".."',
} as const;
