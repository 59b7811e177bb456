/** What the tests of registries need: the command that must be there, and the Debian package that has it. */
export const REGISTRY_TOOLS: Readonly<Record<string, string>> = {
  'docker-registry': 'docker-registry',
  skopeo: 'skopeo',
  umoci: 'umoci',
  htpasswd: 'apache2-utils',
  openssl: 'openssl',
};
