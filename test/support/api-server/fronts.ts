/** Another port for the same server, with a network between that can be broken. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * - `open`: everything passes
 * - `refuse`: nobody listens, and what was connected is reset
 * - `silent`: connections are there and can be made, but nothing passes, in neither direction (half-open)
 * - `deaf`: requests arrive, answers do not
 */
export type FrontState = 'open' | 'refuse' | 'silent' | 'deaf';

interface Pair {
  client: Socket;
  server: Socket;
}

/** Knows nothing of HTTP: it can stand before any server. */
export class Front {
  readonly #target: number;
  readonly #listener: Server;
  readonly #pairs = new Set<Pair>();
  #port = 0;
  #state: FrontState = 'open';
  /** ms by which every piece of data is late, in each direction. */
  delay = 0;

  readonly #scheme: string;

  /** @param target - the port of the server */
  constructor(target: number, scheme = 'http') {
    this.#target = target;
    this.#scheme = scheme;
    this.#listener = createServer((client) => this.#accept(client));
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.#port}`;
  }

  get state(): FrontState {
    return this.#state;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#listener.once('error', reject);
      this.#listener.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (this.#listener.address() as AddressInfo).port;
  }

  /** Changes what passes. Back to `open`, what was held back arrives, as TCP would send it again. */
  async set(state: FrontState): Promise<void> {
    const was = this.#state;
    this.#state = state;
    if (state === 'refuse') {
      this.reset();
      if (was !== 'refuse') await this.#unlisten();
      return;
    }
    if (was === 'refuse') await this.listen();
    for (const pair of this.#pairs) this.#flow(pair);
  }

  /** Ends every connection with a TCP reset; new ones can be made. Returns how many there were. */
  reset(): number {
    const pairs = [...this.#pairs];
    for (const { client, server } of pairs) {
      client.resetAndDestroy();
      server.destroy();
    }
    return pairs.length;
  }

  async close(): Promise<void> {
    this.reset();
    if (this.#listener.listening) await this.#unlisten();
  }

  async #unlisten(): Promise<void> {
    await new Promise((resolve) => this.#listener.close(resolve));
  }

  #accept(client: Socket): void {
    const server = connect(this.#target, '127.0.0.1');
    const pair = { client, server };
    this.#pairs.add(pair);
    const end = (): void => {
      this.#pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', end);
    }
    client.on('data', (data) => this.#pass(data, server));
    server.on('data', (data) => this.#pass(data, client));
    this.#flow(pair);
  }

  /** Data that is not read waits in the kernel, and so holds the sender back. */
  #flow({ client, server }: Pair): void {
    if (this.#state === 'silent') client.pause();
    else client.resume();
    if (this.#state === 'open') server.resume();
    else server.pause();
  }

  #pass(data: Buffer, to: Socket): void {
    if (this.delay > 0) setTimeout(() => to.writable && to.write(data), this.delay);
    else if (to.writable) to.write(data);
  }
}
