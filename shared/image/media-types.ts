/** The media types of manifests, OCI's and Docker's. */

export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

const INDEXES = [OCI_INDEX, 'application/vnd.docker.distribution.manifest.list.v2+json'];
const MANIFESTS = [OCI_MANIFEST, 'application/vnd.docker.distribution.manifest.v2+json'];
const CONFIGS = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
];

/** What is asked for: without it a registry may answer with a format of 2015. */
export const ACCEPT: string = [...INDEXES, ...MANIFESTS].join(', ');

export const isIndex = (type: string): boolean => INDEXES.includes(type);
export const isManifest = (type: string): boolean => MANIFESTS.includes(type);
export const isLayer = (type: string): boolean =>
  /^application\/vnd\.(?:oci\.image\.layer|docker\.image\.rootfs)\./.test(type);
/** Anything else may be an artifact in the clothes of an image: a chart, a signature. */
export const isConfig = (type: string): boolean => CONFIGS.includes(type);
