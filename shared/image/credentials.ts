/** What a registry is shown. */

/** Who one is, for one registry; `source` says where it is from and is all that errors ever tell of it. */
export type Credential = { source: string } & (
  | { kind: 'basic'; username: string; password: string }
  /** What Docker calls an identity token: an OAuth2 refresh token for the token service. */
  | { kind: 'identity'; token: string }
  /** A bearer token for the registry itself. */
  | { kind: 'registry'; token: string }
);

/** Who may be asked for credentials. */
export interface Keyring {
  /** Equal for equal credentials: what one was told is not told to another. Says nothing about them. */
  scope: string;
  /** Those for a repository, to be tried in turn; none means anonymous. `host` is `docker.io` or `host[:port]`. */
  find(host: string, repository: string): Promise<readonly Credential[]>;
}
