/**
 * What the process itself uses, under the names that every Prometheus client gives it. All of it is read when it is
 * asked for; prom-client's own set also samples the event loop a hundred times a second, and a sleeping controller
 * would wake up for that.
 */
import { readdirSync } from 'node:fs';
import type { Registry } from 'prom-client';
import { addCounter, addGauge } from './collected.ts';

export function addProcessMetrics(registry: Registry): void {
  const started = Date.now() / 1000 - process.uptime();
  addGauge(registry, {
    name: 'process_start_time_seconds',
    help: 'When the process was started, seconds since the epoch.',
    read: () => started,
  });
  addGauge(registry, {
    name: 'process_resident_memory_bytes',
    help: 'The memory that the process has in RAM.',
    read: () => process.memoryUsage.rss(),
  });
  addCounter(registry, {
    name: 'process_cpu_seconds_total',
    help: 'The processor time that the process took, and the system for it.',
    read: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  });
  addGauge(registry, { name: 'process_open_fds', help: 'Open files and connections.', read: openFiles });
}

/** Only Linux tells; one of them is the directory that is being read. */
function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return NaN;
  }
}
