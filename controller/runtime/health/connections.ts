/** The connections of a server, so few that they cost little, and shared so that nobody takes them all. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Has room for every new connection: when there are too many, the oldest one ends of the address that has the most.
 * Whoever opens connections by the hundred, and says nothing in them, ends their own.
 *
 * Node's `maxConnections` turns the newest away instead, and that may be the kubelet's probe.
 */
export function boundConnections(server: Server, most: number): void {
  // In the order in which they were opened.
  const byAddress = new Map<string, Set<Socket>>();
  let count = 0;
  server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? '';
    const own = byAddress.get(address) ?? new Set();
    byAddress.set(address, own.add(socket));
    count++;
    socket.once('close', () => {
      own.delete(socket);
      if (own.size === 0) byAddress.delete(address);
      count--;
    });
    if (count > most) oldestOf(byAddress.values())?.destroy();
  });
}

function oldestOf(groups: Iterable<Set<Socket>>): Socket | undefined {
  const [largest] = [...groups].toSorted((one, other) => other.size - one.size);
  for (const socket of largest ?? []) if (!socket.destroyed) return socket;
  return undefined;
}
