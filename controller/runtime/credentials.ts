/** How to reach a cluster, and as whom. */

/** What a connection needs. The same object as long as nothing of it has changed. */
export interface TlsSettings {
  /** PEM. Absent: the well-known authorities. */
  ca?: string;
  cert?: string;
  key?: string;
  /** The name that the server's certificate is for, where it is not the host's. */
  servername?: string;
  /** Trust any server. */
  insecure?: boolean;
}

export interface Credentials {
  /** The header `Authorization`. */
  authorization?: string;
  tls: TlsSettings;
}

/** One cluster, as one user. */
export interface Access {
  /** `https://host:port`, maybe with a path. */
  server: URL;
  /** Where these were read, for messages. */
  source: string;
  /** The namespace for what says none. */
  namespace: string;
  /**
   * What to show now. May read files or run a program.
   *
   * @throws {CredentialsError}
   */
  credentials(): Promise<Credentials>;
  /** The server did not accept these (401): if they are still the current ones, others are got before the next use. */
  refused(credentials: Credentials): void;
}

/** How long what was read is used before it is read again, ms. */
const LIFETIME = 10_000;

/**
 * Credentials that are read again when they are older than `lifetime`, once for all who ask. While what replaces them
 * cannot be read, the old ones are used, until the server refuses them.
 *
 * @param settings - `lifetime` in ms, 10 s by default; `forget` is called when the server has refused what was read
 */
export function refreshing(
  load: () => Promise<Credentials>,
  {
    lifetime = LIFETIME,
    forget = () => undefined,
  }: { lifetime?: number | undefined; forget?: () => void } = {},
): Pick<Access, 'credentials' | 'refused'> {
  let held: { credentials: Credentials; at: number } | undefined;
  let last: Credentials | undefined;
  let loading: Promise<Credentials> | undefined;

  async function reload(): Promise<Credentials> {
    try {
      const loaded = await load();
      const credentials = sameTls(last?.tls, loaded.tls) ? { ...loaded, tls: last.tls } : loaded;
      last = credentials;
      held = { credentials, at: performance.now() };
      return credentials;
    } catch (error) {
      if (held === undefined) throw error;
      held.at = performance.now();
      return held.credentials;
    } finally {
      loading = undefined;
    }
  }

  return {
    async credentials() {
      if (held !== undefined && performance.now() - held.at < lifetime) return held.credentials;
      loading ??= reload();
      return loading;
    },
    refused(credentials) {
      // Of many requests that were refused together, the first has them read again.
      if (held?.credentials !== credentials) return;
      held = undefined;
      forget();
    },
  };
}

function sameTls(a: TlsSettings | undefined, b: TlsSettings): a is TlsSettings {
  return a !== undefined && FIELDS.every((field) => a[field] === b[field]);
}

const FIELDS = ['ca', 'cert', 'key', 'servername', 'insecure'] as const satisfies (keyof TlsSettings)[];
